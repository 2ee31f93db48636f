import CLMDB

/// Reads one snapshot after another with one handle, which saves LMDB the search for a slot each time.
///
/// For a thread that reads again and again, such as a log's writer. It takes one of the environment's reader slots
/// while it lives, but holds no snapshot between reads. Not Sendable: one thread at a time.
package final class Reader {
    private let environment: Environment
    private let handle: OpaquePointer

    package init(_ environment: Environment) throws(LMDBError) {
        self.environment = environment
        handle = try ReadTransaction.begin(in: environment)
        mdb_txn_reset(handle)
    }

    deinit {
        mdb_txn_abort(handle)
    }

    /// Reads a snapshot: the state as of now, whatever is written meanwhile.
    ///
    /// Keep it short, as `Environment.read`. Calling it inside itself is `invalidArgument`.
    /// Throws what `body` throws, or an `LMDBError`.
    @discardableResult
    package func read<R>(_ body: (borrowing ReadTransaction) throws -> R) throws -> R {
        let transaction = try ReadTransaction(renewing: handle)
        return try body(transaction)
    }
}
