package import EventStore
import GRDB
package import Ledger

/// Why a projection does not go on.
package struct ProjectionFailure: Equatable, Sendable {
    /// The last position that is in the rows.
    package let after: Position
    /// The event that it can't apply; nil where that is not the reason.
    package let position: Position?
    package let message: String
    package let since: Timestamp

    package init(after: Position, position: Position? = nil, message: String, since: Timestamp = .now) {
        self.after = after
        self.position = position
        self.message = message
        self.since = since
    }

    static func createSchema(in database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS stopped (
                    after INTEGER NOT NULL, position INTEGER, message TEXT NOT NULL, since INTEGER NOT NULL
                )
                """)
    }

    static func save(_ failure: ProjectionFailure?, in database: Database) throws {
        try database.execute(sql: "DELETE FROM stopped")
        guard let failure else { return }
        try database.execute(
            sql: "INSERT INTO stopped VALUES (?, ?, ?, ?)",
            arguments: [
                Int64(bitPattern: failure.after.rawValue), failure.position.map { Int64(bitPattern: $0.rawValue) },
                failure.message, failure.since.microseconds,
            ])
    }

    static func load(from database: Database) throws -> ProjectionFailure? {
        try Row.fetchOne(database, sql: "SELECT after, position, message, since FROM stopped").map { row in
            ProjectionFailure(
                after: Position(rawValue: UInt64(bitPattern: row[0])),
                position: (row[1] as Int64?).map { Position(rawValue: UInt64(bitPattern: $0)) }, message: row[2],
                since: Timestamp(microseconds: row[3]))
        }
    }
}
