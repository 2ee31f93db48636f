package import EventStore
import GRDB

/// How far a read model has come. Stored in the same transaction as the rows.
package struct Checkpoint: Equatable, Sendable {
    /// Everything up to here is in the rows.
    package var position = Position.start
    /// Of the events that were taken in.
    package var tally = Tally()
    /// The checksum of the record at `position`: tells at once whether a log is the one that the rows came from.
    package var record: UInt32 = 0

    package init() {}

    static func createSchema(in database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE checkpoint (
                    id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL, count INTEGER NOT NULL, hash INTEGER NOT NULL,
                    record INTEGER NOT NULL
                );
                INSERT INTO checkpoint VALUES (1, 0, 0, 0, 0);
                """)
    }

    /// - Throws: `DatabaseError` with `SQLITE_CORRUPT` for what no program wrote.
    static func load(from database: Database) throws -> Checkpoint {
        let row = try Row.fetchOne(database, sql: "SELECT position, count, hash, record FROM checkpoint")
        guard let row, let position = Int64.fromDatabaseValue(row[0]), let count = Int64.fromDatabaseValue(row[1]),
            let hash = Int64.fromDatabaseValue(row[2]), let record = UInt32.fromDatabaseValue(row[3])
        else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the checkpoint is missing or impossible") }
        var checkpoint = Checkpoint()
        checkpoint.position = Position(rawValue: UInt64(bitPattern: position))
        checkpoint.tally = Tally(count: count, hash: UInt64(bitPattern: hash))
        checkpoint.record = record
        return checkpoint
    }

    func save(in database: Database) throws {
        try database.cachedStatement(sql: "UPDATE checkpoint SET position = ?, count = ?, hash = ?, record = ?")
            .execute(arguments: [
                Int64(bitPattern: position.rawValue), tally.count, Int64(bitPattern: tally.hash), Int64(record),
            ])
    }
}
