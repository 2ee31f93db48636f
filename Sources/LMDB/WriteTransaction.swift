import CLMDB

/// The one transaction that may write, lent by `Environment.write`, and aborted unless committed.
///
/// It sees its own changes. After `mapFull`, or any other error that names damage or the system, the transaction can
/// only be aborted: let the error pass. `keyExists`, `notFound` and `badValueSize` change nothing, and one can go on.
package struct WriteTransaction: ~Copyable, Transaction {
    private let handle: OpaquePointer

    package var access: TransactionAccess { TransactionAccess(handle: handle) }

    init(beginningIn environment: Environment) throws(LMDBError) {
        var begun: OpaquePointer?
        try LMDBError.check(mdb_txn_begin(environment.handle, nil, 0, &begun))
        guard let begun else { throw .outOfMemory }
        handle = begun
    }

    deinit {
        mdb_txn_abort(handle)
    }

    consuming func commit() throws(LMDBError) {
        let handle = handle
        discard self  // LMDB frees the handle even when the commit fails.
        try LMDBError.check(mdb_txn_commit(handle))
    }
}

extension WriteTransaction {
    /// Adds an entry behind all others. Where `key` is not above the last one, throws `keyExists` and changes nothing.
    ///
    /// Fills pages to the brim and writes them in sequence: the fastest way to write.
    package func append(_ database: Database, key: UInt64, value: RawSpan) throws(LMDBError) {
        try put(database, integer: key, value, MDB_APPEND)
    }

    /// Adds an entry behind all others. Where `key` is not above the last one, throws `keyExists` and changes nothing.
    package func append(_ database: Database, key: UInt64, value: [UInt8]) throws(LMDBError) {
        try put(database, integer: key, value.span.bytes, MDB_APPEND)
    }

    /// Adds entries behind all others, under `firstKey` and the numbers that follow it: one cursor for all of them.
    ///
    /// - Parameters:
    ///   - values: the values one behind the other.
    ///   - ends: where each of them ends, ascending.
    package func append(
        _ database: Database, firstKey: UInt64, values: RawSpan, ends: Span<Int>
    ) throws(LMDBError) {
        database.requireIntegerKeys()
        let cursor = try Cursor(access, database)
        try withValue(of: values) { all throws(LMDBError) in
            var (key, start) = (firstKey, 0)
            for index in ends.indices {
                let end = ends[index]
                precondition(start <= end && end <= values.byteCount, "the ends ascend within the values")
                let value = MDB_val(mv_size: end - start, mv_data: all.mv_data.map { $0 + start })
                try withValue(of: key) { key throws(LMDBError) in try cursor.append(&key, value) }
                (key, start) = (key + 1, end)
            }
        }
    }

    /// Sets the value under a key, in place of any there was.
    package func put(_ database: Database, key: UInt64, value: RawSpan) throws(LMDBError) {
        try put(database, integer: key, value, 0)
    }

    /// Sets the value under a key, in place of any there was.
    package func put(_ database: Database, key: UInt64, value: [UInt8]) throws(LMDBError) {
        try put(database, integer: key, value.span.bytes, 0)
    }

    /// Sets the value under a key, in place of any there was. A key that is empty or too long is `badValueSize`.
    package func put(_ database: Database, key: RawSpan, value: RawSpan) throws(LMDBError) {
        database.requireByteKeys()
        try withValue(of: key) { key throws(LMDBError) in try put(database, &key, value, 0) }
    }

    /// Sets the value under a key, in place of any there was. A key that is empty or too long is `badValueSize`.
    package func put(_ database: Database, key: [UInt8], value: [UInt8]) throws(LMDBError) {
        try put(database, key: key.span.bytes, value: value.span.bytes)
    }

    private func put(
        _ database: Database, integer: UInt64, _ value: RawSpan, _ flags: Int32
    ) throws(LMDBError) {
        database.requireIntegerKeys()
        try withValue(of: integer) { key throws(LMDBError) in try put(database, &key, value, flags) }
    }

    private func put(
        _ database: Database, _ key: inout MDB_val, _ value: RawSpan, _ flags: Int32
    ) throws(LMDBError) {
        try withValue(of: value) { value throws(LMDBError) in
            try LMDBError.check(mdb_put(handle, database.handle, &key, &value, UInt32(flags)))
        }
    }
}

extension WriteTransaction {
    /// Deletes the entry under a key, and returns whether there was one.
    @discardableResult
    package func delete(_ database: Database, key: UInt64) throws(LMDBError) -> Bool {
        database.requireIntegerKeys()
        return try withValue(of: key) { key throws(LMDBError) in try delete(database, &key) }
    }

    /// Deletes the entry under a key, and returns whether there was one.
    @discardableResult
    package func delete(_ database: Database, key: [UInt8]) throws(LMDBError) -> Bool {
        database.requireByteKeys()
        return try withValue(of: key.span.bytes) { key throws(LMDBError) in try delete(database, &key) }
    }

    /// Deletes every entry; the database stays.
    package func clear(_ database: Database) throws(LMDBError) {
        try LMDBError.check(mdb_drop(handle, database.handle, 0))
    }

    private func delete(_ database: Database, _ key: inout MDB_val) throws(LMDBError) -> Bool {
        let code = mdb_del(handle, database.handle, &key, nil)
        if code == MDB_NOTFOUND { return false }
        try LMDBError.check(code)
        return true
    }
}
