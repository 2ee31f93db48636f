import EventStore
import GRDB
import Ledger

/// The events that a file of a read model has passed by: those parked, and what came later in their streams, which waits with
/// them. In the table `parked`, in the transaction in which they would have been applied.
struct ParkedEvents {
    /// By the record of decisions.
    private let parked: Set<UInt64>
    /// Of which something is passed by already.
    private var streams: Set<String>

    static func createSchema(in database: Database) throws {
        try database.execute(
            sql: "CREATE TABLE IF NOT EXISTS parked (position INTEGER PRIMARY KEY, stream TEXT NOT NULL)")
    }

    init(_ parked: Set<UInt64>, in database: Database) throws {
        self.parked = parked
        streams = try String.fetchSet(database.cachedStatement(sql: "SELECT DISTINCT stream FROM parked"))
    }

    /// Whether the event is passed by; then that is written down.
    mutating func take(_ record: EventStore.Record, in database: Database) throws -> Bool {
        guard !parked.isEmpty || !streams.isEmpty else { return false }
        let stream = record.stream.description
        guard parked.contains(record.position.rawValue) || streams.contains(stream) else { return false }
        streams.insert(stream)
        try database.cachedStatement(sql: "INSERT INTO parked VALUES (?, ?)")
            .execute(arguments: [Int64(record.position.rawValue), stream])
        return true
    }

    /// What is passed by in a file: the first event of each stream, and how many wait behind it.
    static func all(in database: Database) throws -> [(position: Position, stream: String, waiting: Int)] {
        try Row.fetchAll(
            database, sql: "SELECT min(position), stream, count(*) - 1 FROM parked GROUP BY stream ORDER BY 1"
        ).map { row in
            (Position(rawValue: UInt64(bitPattern: row[0])), row[1], row[2])
        }
    }
}
