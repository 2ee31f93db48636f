import CLMDB

/// A snapshot, lent by `Environment.read` or `Reader.read`.
package struct ReadTransaction: ~Copyable, Transaction {
    private enum Ending {
        case abort, reset
    }

    private let handle: OpaquePointer
    private let ending: Ending

    package var access: TransactionAccess { TransactionAccess(handle: handle) }

    init(beginningIn environment: Environment) throws(LMDBError) {
        handle = try Self.begin(in: environment)
        ending = .abort
    }

    /// Takes a new snapshot with a handle that was reset, and resets it again at the end.
    init(renewing handle: OpaquePointer) throws(LMDBError) {
        try LMDBError.check(mdb_txn_renew(handle))
        self.handle = handle
        ending = .reset
    }

    deinit {
        switch ending {
        case .abort: mdb_txn_abort(handle)
        case .reset: mdb_txn_reset(handle)
        }
    }

    static func begin(in environment: Environment) throws(LMDBError) -> OpaquePointer {
        var begun: OpaquePointer?
        try LMDBError.check(mdb_txn_begin(environment.handle, nil, UInt32(MDB_RDONLY), &begun))
        guard let begun else { throw .outOfMemory }
        return begun
    }
}
