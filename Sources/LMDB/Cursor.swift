import CLMDB

/// A place in a database, within one transaction. It is closed before the transaction ends, as LMDB demands of cursors
/// in write transactions.
struct Cursor: ~Copyable {
    private let handle: OpaquePointer

    init(_ access: TransactionAccess, _ database: Database) throws(LMDBError) {
        var opened: OpaquePointer?
        try LMDBError.check(mdb_cursor_open(access.handle, database.handle, &opened))
        guard let opened else { throw .outOfMemory }
        handle = opened
    }

    deinit {
        mdb_cursor_close(handle)
    }

    /// Moves and sets key and value to the entry there; false where there is none.
    func move(
        _ operation: MDB_cursor_op, _ key: inout MDB_val, _ value: inout MDB_val
    ) throws(LMDBError) -> Bool {
        let code = mdb_cursor_get(handle, &key, &value, operation)
        if code == MDB_NOTFOUND { return false }
        try LMDBError.check(code)
        return true
    }

    /// Adds an entry behind all others.
    func append(_ key: inout MDB_val, _ value: MDB_val) throws(LMDBError) {
        var value = value
        try LMDBError.check(mdb_cursor_put(handle, &key, &value, UInt32(MDB_APPEND)))
    }
}
