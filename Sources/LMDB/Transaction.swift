import CLMDB

/// What reading and writing transactions share: reading one consistent state.
///
/// A transaction is used by one thread at a time and ends with the call that lends it. Lent bytes lie in the map and
/// are valid within the closure only; in a write transaction they may move with the next change, so do not write
/// inside a closure that holds them. Copy what is to be kept.
package protocol Transaction: ~Copyable {
    var access: TransactionAccess { get }
}

/// A transaction's handle, opaque outside of this module.
package struct TransactionAccess {
    let handle: OpaquePointer
}

extension Transaction where Self: ~Copyable {
    /// Lends the value under a key, or returns nil where there is none.
    package func get<R>(_ database: Database, key: UInt64, _ body: (RawSpan) throws -> R) throws -> R? {
        database.requireIntegerKeys()
        guard let value = try withValue(of: key, { key throws(LMDBError) in try find(&key, in: database) })
        else { return nil }
        return try body(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(value)))
    }

    /// Lends the value under a key, or returns nil where there is none.
    package func get<R>(_ database: Database, key: RawSpan, _ body: (RawSpan) throws -> R) throws -> R? {
        database.requireByteKeys()
        guard let value = try withValue(of: key, { key throws(LMDBError) in try find(&key, in: database) })
        else { return nil }
        return try body(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(value)))
    }

    /// Lends the value under a key, or returns nil where there is none.
    package func get<R>(_ database: Database, key: [UInt8], _ body: (RawSpan) throws -> R) throws -> R? {
        try get(database, key: key.span.bytes, body)
    }

    /// Copies the value under a key, or returns nil where there is none.
    package func get(_ database: Database, key: UInt64) throws -> [UInt8]? {
        try get(database, key: key) { value in value.withUnsafeBytes { Array($0) } }
    }

    /// Copies the value under a key, or returns nil where there is none.
    package func get(_ database: Database, key: [UInt8]) throws -> [UInt8]? {
        try get(database, key: key) { value in value.withUnsafeBytes { Array($0) } }
    }

    /// How many entries a database holds. Constant time.
    package func entryCount(_ database: Database) throws(LMDBError) -> Int {
        var statistics = MDB_stat()
        try LMDBError.check(mdb_stat(access.handle, database.handle, &statistics))
        return statistics.ms_entries
    }

    private func find(_ key: inout MDB_val, in database: Database) throws(LMDBError) -> MDB_val? {
        var value = MDB_val()
        let code = mdb_get(access.handle, database.handle, &key, &value)
        if code == MDB_NOTFOUND { return nil }
        try LMDBError.check(code)
        return value
    }
}
