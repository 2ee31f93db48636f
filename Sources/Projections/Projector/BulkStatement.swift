import GRDB
import GRDBSQLite

/// A statement that is run for many rows, as quickly as SQLite takes them: values are bound where they lie, with no array of them
/// between. For those that return no rows.
struct BulkStatement {
    private let statement: Statement
    private let handle: OpaquePointer
    private let database: Database
    private var bound: Int32 = 0

    /// - Parameter sql: with a `?` for each value.
    init(_ sql: String, in database: Database) throws {
        self.database = database
        statement = try database.cachedStatement(sql: sql)
        handle = statement.sqliteStatement
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    /// The next value of the row.
    mutating func bind(_ value: Int64) {
        bound += 1
        sqlite3_bind_int64(handle, bound, value)
    }

    mutating func bind(_ value: String) {
        bound += 1
        var value = value
        value.withUTF8 { bytes in
            // The pointer of an empty text may be nil, which would be NULL.
            guard let start = bytes.baseAddress else {
                sqlite3_bind_text(handle, bound, "", 0, Self.copied)
                return
            }
            _ = start.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                sqlite3_bind_text(handle, bound, $0, Int32(bytes.count), Self.copied)
            }
        }
    }

    mutating func bind(_ value: String?) {
        if let value { return bind(value) }
        bound += 1
        sqlite3_bind_null(handle, bound)
    }

    /// A blob of at least one byte.
    mutating func bind(_ value: [UInt8]) {
        bound += 1
        _ = value.withUnsafeBytes { sqlite3_bind_blob64(handle, bound, $0.baseAddress, UInt64($0.count), Self.copied) }
    }

    /// Runs it with the values that were bound, which must be as many as it has places for.
    mutating func run() throws {
        bound = 0
        let code = sqlite3_step(handle)
        sqlite3_reset(handle)
        guard code == SQLITE_DONE else {
            throw DatabaseError(
                resultCode: ResultCode(rawValue: sqlite3_extended_errcode(database.sqliteConnection)),
                message: database.lastErrorMessage, sql: statement.sql)
        }
    }

    /// SQLITE_TRANSIENT: SQLite takes a copy before the call returns.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
