import Ledger
import Postgres

/// Compares a log with its copy in a Postgres, record by record. Writes nothing, and needs no more than the right to read.
package struct ReplicaComparison {
    /// One thing that is not as it should be.
    package struct Doubt: CustomStringConvertible, Sendable {
        package enum Kind: String, Sendable {
            /// The copy has another record than the log, or says other things of it than the record does.
            case altered
            /// The copy lacks the record, though it has later ones.
            case missing
            /// The copy has a record where the log has none.
            case extra
            /// The copy has the record of another position here.
            case reordered
            /// A stream's or a person's row does not fit the events.
            case derived
        }

        package let kind: Kind
        /// Nil for what is no record.
        package let position: Position?
        let what: String

        package var description: String {
            position.map { "Position \($0) of the copy is \(kind.rawValue): \(what)" } ?? "The copy: \(what)"
        }
    }

    private let log: EventLog
    private let codec: StoredEvents
    private let connection: Connection
    private static let chunk = 4_096

    package init(_ store: Store, url: String) throws {
        log = store.log
        codec = store.events
        connection = try Connection(url: url, options: .init(statementTimeout: .seconds(600)))
    }

    /// Host, port and database.
    package var endpoint: String { connection.endpoint }

    /// Reports every doubt, by position, and returns up to where the copy claims to have everything: what the log has behind
    /// that is yet to be copied, and no doubt.
    ///
    /// - Throws: as reading the log does, and `PostgresError`.
    package func run(
        progress: (Position) -> Void = { _ in }, report: (Doubt) -> Void
    ) throws -> Position {
        let claimed = try Replica(reading: connection).head().position
        let through = min(claimed, log.headPosition)
        var position = Position.start
        while position < through {
            let limit = min(Self.chunk, Int(through.rawValue - position.rawValue))
            let events = try log.readEncoded(after: position, limit: limit)
                .map { try ReplicatedEvent($0.record, bytes: $0.bytes, codec) }
            try compare(events, behind: position, report)
            position = position.advanced(by: events.count)
            progress(position)
        }
        try reportExtra(behind: through, claimed: claimed, report)
        try compareStreams(report)
        return claimed
    }

    private func compare(_ events: [ReplicatedEvent], behind position: Position, _ report: (Doubt) -> Void) throws {
        let last = position.advanced(by: events.count)
        let differing = try connection.query(
            Self.differing,
            [.integer(position.signed), .integer(last.signed)] + ReplicatedEvent.columns(of: events)
                + [.array(events.map { $0.record.storedType.isRetired ? "t" : "f" })])
        for row in differing {
            let at = Position(rawValue: UInt64(bitPattern: try row.integer("position") ?? 0))
            report(try doubt(at: at, row, events[Int(at.rawValue - position.rawValue) - 1]))
        }
        try compareKeys(of: events, report)
    }

    /// What of the copy is not as the log has it, without a table of our own: the log's side comes as arrays. How an event
    /// of a retired kind was shown to people depends on the program that copied it; its bytes are the log's all the same.
    private static let differing = """
        SELECT x.position, e.record, e.record IS DISTINCT FROM x.record AS bytes, e.position IS NULL AS missing
        FROM unnest($3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::timestamptz[], $8::timestamptz[], $9::text[],
                $10::text[], $11::jsonb[], $12::bytea[], $13::boolean[])
            AS x (position, stream, version, type, recorded_at, effective_at, actor, key, data, record, upcast)
        LEFT JOIN (SELECT * FROM events WHERE position > $1 AND position <= $2) AS e ON e.position = x.position
        WHERE (e.stream, e.version, e.recorded_at, e.effective_at, e.actor, e.key, e.record)
            IS DISTINCT FROM (x.stream, x.version, x.recorded_at, x.effective_at, x.actor, x.key, x.record)
            OR NOT x.upcast AND (e.type, e.data) IS DISTINCT FROM (x.type, x.data)
        ORDER BY x.position
        """

    private func doubt(at position: Position, _ row: Row, _ mine: ReplicatedEvent) throws -> Doubt {
        if row["missing"] == "t" {
            return Doubt(kind: .missing, position: position, what: "the log has \(mine.record.type.name) there")
        }
        guard row["bytes"] == "t" else {
            return Doubt(
                kind: .altered, position: position,
                what: "its record is whole, but a column beside it says something else")
        }
        let theirs = try row.bytes("record") ?? []
        if let other = try elsewhere(theirs, than: position) {
            return Doubt(kind: .reordered, position: position, what: "it holds the record of position \(other)")
        }
        return Doubt(kind: .altered, position: position, what: "its bytes are not those of the log")
    }

    /// The position of which the log has these bytes, where that is another.
    private func elsewhere(_ bytes: [UInt8], than position: Position) throws -> Position? {
        guard let claimed = Record.claimedPosition(bytes), claimed != position, claimed <= log.headPosition,
            try log.record(at: claimed)?.encoded() == bytes
        else { return nil }
        return claimed
    }

    private func compareKeys(of events: [ReplicatedEvent], _ report: (Doubt) -> Void) throws {
        let copied = try Replica(reading: connection).personKeys(of: events.flatMap { $0.keys.map(\.person) })
        let theirs = Dictionary(copied.map { ($0.key, $0.value) }) { first, _ in first }
        for event in events {
            for key in event.keys where theirs[key.person] != key.key {
                let what = theirs[key.person] == nil ? "missing" : "another"
                report(
                    Doubt(
                        kind: .derived, position: nil,
                        what: "the key of the person of position \(event.record.position) is \(what)"))
            }
        }
    }

    /// Rows behind the log, or behind what the copy claims to have.
    private func reportExtra(behind through: Position, claimed: Position, _ report: (Doubt) -> Void) throws {
        let rows = try connection.query(
            "SELECT position FROM events WHERE position > $1 OR position < 1 ORDER BY position LIMIT 1000",
            [.integer(through.signed)])
        for row in rows {
            let position = Position(rawValue: UInt64(bitPattern: try row.integer("position") ?? 0))
            let end =
                claimed <= log.headPosition ? "the copy says that it ends at \(claimed)" : "the log ends at \(through)"
            report(Doubt(kind: .extra, position: position, what: end))
        }
        if rows.isEmpty, claimed > log.headPosition {
            report(
                Doubt(
                    kind: .derived, position: nil,
                    what: "it says that it ends at \(claimed), the log ends at \(log.headPosition)"))
        }
    }

    private func compareStreams(_ report: (Doubt) -> Void) throws {
        let rows = try connection.query(
            """
            SELECT coalesce(s.stream, e.stream) AS stream
            FROM streams AS s
            FULL JOIN (SELECT stream, max(version) AS version, max(position) AS position FROM events GROUP BY stream) AS e
                ON e.stream = s.stream
            WHERE (s.version, s.position) IS DISTINCT FROM (e.version, e.position)
            ORDER BY 1 LIMIT 1000
            """)
        for row in rows {
            report(
                Doubt(
                    kind: .derived, position: nil,
                    what: "the row of stream \(row["stream"] ?? "") does not say where its events end"))
        }
    }
}
