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
        try Self.renew(handle)
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
        guard isOvertaken(begun) else { return begun }
        mdb_txn_reset(begun)
        do {
            try renew(begun)
        } catch {
            mdb_txn_abort(begun)
            throw error
        }
        return begun
    }

    private static func renew(_ handle: OpaquePointer) throws(LMDBError) {
        try LMDBError.check(mdb_txn_renew(handle))
        while isOvertaken(handle) {
            mdb_txn_reset(handle)
            try LMDBError.check(mdb_txn_renew(handle))
        }
    }

    /// Whether the snapshot just taken may be of a later commit than it is numbered, one not even finished: what is read
    /// next would be older.
    ///
    /// LMDB asks for the newest commit's number, then copies its roots from one of two places in turn. Where the thread
    /// slept in between, the next commit but one may have been put there.
    static func isOvertaken(_ handle: OpaquePointer) -> Bool {
        var info = MDB_envinfo()
        mdb_env_info(mdb_txn_env(handle), &info)
        return info.me_last_txnid > mdb_txn_id(handle) + 1
    }
}
