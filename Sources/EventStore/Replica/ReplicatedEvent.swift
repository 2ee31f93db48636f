import JSON
import Ledger
import Postgres

/// An event on its way to Postgres: the bytes of its record, and the same for people.
struct ReplicatedEvent {
    let record: Record
    private let bytes: [UInt8]
    private let event: Event
    /// What opens its personal data.
    let keys: [(person: [UInt8], key: [UInt8])]

    static let copyStatement = """
        COPY events (position, stream, version, type, recorded_at, effective_at, actor, key, data, record) FROM STDIN
        """

    /// - Throws: as reading the event does. An event that can't be read is not copied: the copy would be of no use.
    init(_ record: Record, bytes: [UInt8], _ store: StoredEvents) throws {
        self.record = record
        self.bytes = bytes
        (event, keys) = try store.eventAndKeys(of: record)
    }

    /// For few events, which need no `COPY`.
    static func insertion(of events: [ReplicatedEvent]) -> Statement {
        Statement(
            """
            INSERT INTO events (position, stream, version, type, recorded_at, effective_at, actor, key, data, record)
            SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::timestamptz[],
                $6::timestamptz[], $7::text[], $8::text[], $9::jsonb[], $10::bytea[])
            """, columns(of: events))
    }

    /// The same as arrays, one for each column.
    static func columns(of events: [ReplicatedEvent]) -> [Value] {
        let rows = events.map(\.row)
        return (0..<10).map { column in .array(rows.map { $0[column].text }) }
    }

    /// In the order of `copyStatement`.
    var row: [Value] {
        [
            .integer(record.position.signed), .text(record.stream.description),
            .integer(Int64(record.version.rawValue)), .text(record.type.name), .text(record.recordedAt.description),
            .text(record.effectiveAt.description), .text(record.actor), .text(record.key),
            .text(String(decoding: Recorded(record: record, event: event).data, as: UTF8.self)), .bytes(bytes),
        ]
    }
}
