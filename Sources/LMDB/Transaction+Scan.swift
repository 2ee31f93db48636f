import CLMDB

extension Transaction where Self: ~Copyable {
    /// Lends entries in the order of their keys, from the first at or after `key`, until `limit` of them were lent or
    /// `body` returns false. Returns how many were lent.
    @discardableResult
    package func scan(
        _ database: Database, from key: UInt64, limit: Int = .max, _ body: (UInt64, RawSpan) throws -> Bool
    ) throws -> Int {
        database.requireIntegerKeys()
        return try withValue(of: key) { key in
            try scan(database, from: &key, limit: limit) { (key, value) in
                try body(integer(key), RawSpan(_unsafeBytes: UnsafeRawBufferPointer(value)))
            }
        }
    }

    /// Lends entries in the order of their keys, from the first at or after `key`, until `limit` of them were lent or
    /// `body` returns false. Returns how many were lent. An empty key begins at the first entry.
    @discardableResult
    package func scan(
        _ database: Database, from key: [UInt8] = [], limit: Int = .max, _ body: (RawSpan, RawSpan) throws -> Bool
    ) throws -> Int {
        database.requireByteKeys()
        return try withValue(of: key.span.bytes) { key in
            try scan(database, from: &key, limit: limit) { (key, value) in
                try body(
                    RawSpan(_unsafeBytes: UnsafeRawBufferPointer(key)),
                    RawSpan(_unsafeBytes: UnsafeRawBufferPointer(value))
                )
            }
        }
    }

    /// The smallest key, or nil where the database is empty.
    package func firstKey(_ database: Database) throws(LMDBError) -> UInt64? {
        try key(at: MDB_FIRST, in: database)
    }

    /// The largest key, or nil where the database is empty.
    package func lastKey(_ database: Database) throws(LMDBError) -> UInt64? {
        try key(at: MDB_LAST, in: database)
    }

    private func key(at place: MDB_cursor_op, in database: Database) throws(LMDBError) -> UInt64? {
        database.requireIntegerKeys()
        let cursor = try Cursor(access, database)
        var key = MDB_val()
        var value = MDB_val()
        return try cursor.move(place, &key, &value) ? integer(key) : nil
    }

    private func scan(
        _ database: Database, from key: inout MDB_val, limit: Int, _ body: (MDB_val, MDB_val) throws -> Bool
    ) throws -> Int {
        guard limit > 0 else { return 0 }
        let cursor = try Cursor(access, database)
        var value = MDB_val()
        var count = 0
        // LMDB refuses an empty key.
        var move = key.mv_size == 0 ? MDB_FIRST : MDB_SET_RANGE
        while count < limit, try cursor.move(move, &key, &value) {
            count += 1
            guard try body(key, value) else { break }
            move = MDB_NEXT
        }
        return count
    }
}

/// Reads an integer key. Keys lie at any even address; another length than eight is damage, for none is ever written.
private func integer(_ key: MDB_val) throws(LMDBError) -> UInt64 {
    guard key.mv_size == MemoryLayout<UInt64>.size else { throw .corrupted }
    return key.mv_data.loadUnaligned(as: UInt64.self)
}
