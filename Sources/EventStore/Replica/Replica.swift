import Ledger
package import Postgres

/// A record as Postgres has it, unchecked.
package struct StoredRecord: Sendable {
    package let position: Position
    package let bytes: [UInt8]

    init(_ row: Row) throws { try self.init(position: row.integer("position"), bytes: row.bytes("record")) }

    fileprivate init(position: Int64?, bytes: [UInt8]?) {
        self.position = Position(rawValue: UInt64(bitPattern: position ?? 0))
        self.bytes = bytes ?? []
    }
}

/// The log as a Postgres holds it, over one connection: appended to in order, never altered.
///
/// The schema is `migrations/postgres`. One thread at a time, as its connection.
package struct Replica {
    /// How far the copy has come, and under which epoch it is written.
    package struct Head: Equatable, Sendable {
        package let position: Position
        package let epoch: Int64
        package let leader: String
    }

    let connection: Connection
    /// Whether those who listen are told when the log has grown.
    let canNotify: Bool

    /// Who appends locks the row of `log_head`. A machine that stops in the middle of that, or is cut off, must not stop the
    /// others for long: its connection is given up. Where a server does not know a setting, it takes its own time.
    private static let lostMachine = [
        "idle_in_transaction_session_timeout = 5000", "tcp_keepalives_idle = 5", "tcp_keepalives_interval = 2",
        "tcp_keepalives_count = 3", "tcp_user_timeout = 10000",
    ]

    /// Connects, and brings the schema to what this program needs.
    package init(url: String, options: Connection.Options = Connection.Options()) throws {
        connection = try Connection(url: url, options: options)
        try Migrator(connection).apply()
        for setting in Self.lostMachine { _ = try connection.can("SET " + setting) }
        canNotify = try Self.canNotify(connection)
    }

    /// Connects to read: the schema is taken as it is.
    package init(reading url: String, options: Connection.Options = Connection.Options()) throws {
        self.init(reading: try Connection(url: url, options: options))
    }

    init(reading connection: Connection) {
        self.connection = connection
        canNotify = false
    }

    /// Host, port and database: fit for logs.
    package var endpoint: String { connection.endpoint }

    package func head() throws -> Head { try head(locked: false) }

    func head(locked: Bool) throws -> Head { try head(in: connection.query(Self.headStatement(locked: locked))) }

    static func headStatement(locked: Bool) -> Statement {
        Statement("SELECT position, epoch, leader FROM log_head" + (locked ? " FOR UPDATE" : ""))
    }

    func head(in rows: Rows) throws -> Head {
        guard let row = rows.first, let position = try row.integer("position"), let epoch = try row.integer("epoch")
        else {
            throw EventStoreError(
                .schema, "\(endpoint) has no row in log_head. Restore the table, or copy into an empty schema.")
        }
        return Head(
            position: Position(rawValue: UInt64(bitPattern: position)), epoch: epoch, leader: row["leader"] ?? "")
    }

    /// Takes the copy over for a log: whoever wrote it before finds out at his next write.
    ///
    /// - Parameters:
    ///   - home: the data directory, by a name that it alone has: it goes on at once after its process was killed.
    ///   - lease: for how long nobody else may claim the copy, from now on.
    ///   - since: how the copy stood when this program wrote it last: it is not taken back from who took it over since.
    /// - Throws: `EventStoreError` `diverged` where the copy is not the beginning of the log, `fenced` where it was taken
    ///   over, `led` while another's lease lasts.
    package func claim(
        for log: EventLog, leader: String, home: String, lease: Duration, since mine: Head? = nil
    ) throws -> Head {
        try connection.transaction {
            let before = try leadership(locked: true)
            guard before.leader != Self.sharedLeader else { throw isShared }
            // By us: it was not heard that an earlier claim had succeeded. Under an earlier epoch: a standby of Postgres
            // took over without our claim, and nobody has made one since.
            if let mine, before.epoch >= mine.epoch, before.leader != leader { throw fenced(mine, by: try head()) }
            try requireBeginning(of: log, before.position)
            guard before.mayBeClaimed(by: home) else {
                throw EventStoreError(
                    .led,
                    "\(endpoint) is written by \(before.leader), and nothing is accepted here meanwhile. It takes over when that program is silent for some seconds, or with daybook promote."
                )
            }
            try connection.execute(Self.leading(leader, home: home, for: lease))
            return Head(position: before.position, epoch: before.epoch + 1, leader: leader)
        }
    }

    /// Throws `EventStoreError` `diverged` where the log is not the beginning of what Postgres holds.
    func requireContinuation(of log: EventLog) throws {
        let (mine, theirs) = (log.headPosition, try head().position)
        guard mine != .start else { return }
        guard mine <= theirs, try record(at: mine) == log.record(at: mine)?.encoded() else {
            throw EventStoreError(
                .diverged,
                "This directory's log, up to position \(mine), is not the beginning of the log in \(endpoint), which ends at \(theirs): it is of another shop, or has records which were lost there. Keep it. To go on with what is in \(endpoint), use an empty directory; where a standby of Postgres took over too early, bring the old primary back, or copy this log into an empty schema (docs/POSTGRES.md)."
            )
        }
    }

    private func requireBeginning(of log: EventLog, _ position: Position) throws {
        guard position != .start else { return }
        guard position <= log.headPosition else {
            throw EventStoreError(
                .diverged,
                "\(endpoint) holds positions up to \(position), this log ends at \(log.headPosition): the copy is of another log, or of this one when it knew more. Restore the log from it (daybook restore), or copy into an empty schema."
            )
        }
        let theirs = try record(at: position)
        let mine = try log.record(at: position)?.encoded()
        guard theirs == mine else {
            throw EventStoreError(
                .diverged,
                "\(endpoint) holds another record at position \(position) than this log: the copy is of another log. Compare them with daybook verify --against, or copy into an empty schema."
            )
        }
    }

    /// Appends events behind `head`, in one transaction: all or none, and the head with them.
    ///
    /// - Parameters:
    ///   - keys: what opens personal data in them, by the digest of the person; known ones are left as they are.
    ///   - streams: where the streams of the events stand after them.
    /// - Throws: `EventStoreError` `fenced` where another program has claimed the copy since `head`.
    ///   `SQLState.transactionResolutionUnknown`: `head()` tells what became of it.
    func append(_ events: [ReplicatedEvent], behind head: Head) throws -> Head {
        guard let last = events.last?.record.position else { return head }
        try connection.transaction { try write(events, behind: head) }
        return Head(position: last, epoch: head.epoch, leader: head.leader)
    }

    /// Within a transaction.
    private func write(_ events: [ReplicatedEvent], behind head: Head) throws {
        let moved = try connection.execute(Self.moveHead(behind: head, by: events))
        guard moved == 1 else { throw fenced(head, by: try self.head()) }
        for statement in Self.preparations(for: events) { try connection.execute(statement) }
        try connection.copyIn(ReplicatedEvent.copyStatement) { writer in
            for event in events { try writer.write(event.row) }
        }
        try connection.execute(Self.moveStreams(events))
        try ringDoorbell()
    }

    static func moveHead(behind head: Head, by events: [ReplicatedEvent]) -> Statement {
        Statement(
            "UPDATE log_head SET position = position + $1 WHERE epoch = $2 AND position = $3",
            [.integer(Int64(events.count)), .integer(head.epoch), .integer(head.position.signed)])
    }

    /// Room for the events, and the keys of persons in them. Keys that are known are left as they are.
    static func preparations(for events: [ReplicatedEvent]) -> [Statement] {
        let positions = events.map(\.record.position.signed)
        let room = Statement(
            "SELECT make_room($1, $2)", [.integer(positions.min() ?? 1), .integer(positions.max() ?? 1)])
        let keys = events.flatMap(\.keys)
        guard !keys.isEmpty else { return [room] }
        let insertion = Statement(
            """
            INSERT INTO person_keys (person, key) SELECT * FROM unnest($1::bytea[], $2::bytea[])
            ON CONFLICT (person) DO NOTHING
            """,
            [.array(keys.map { Value.bytes($0.person).text }), .array(keys.map { Value.bytes($0.key).text })])
        return [room, insertion]
    }

    /// Where the streams of the events stand after them.
    static func moveStreams(_ events: [ReplicatedEvent]) -> Statement {
        var newest: [String: Record] = [:]
        for event in events { newest[event.record.stream.description] = event.record }
        // In one order everywhere, so that nobody waits in a ring.
        let streams = newest.sorted { $0.key < $1.key }
        return Statement(
            """
            INSERT INTO streams (stream, version, position)
            SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])
            ON CONFLICT (stream) DO UPDATE SET version = excluded.version, position = excluded.position
            """,
            [
                .array(streams.map(\.key)), .array(streams.map { String($0.value.version.rawValue) }),
                .array(streams.map { String($0.value.position.rawValue) }),
            ])
    }

    var isShared: EventStoreError {
        EventStoreError(
            .fenced,
            "Several machines append to the log in \(endpoint). Start this one with DAYBOOK_LOG to be one of them, or copy into an empty schema."
        )
    }

    func fenced(_ mine: Head, by now: Head) -> EventStoreError {
        EventStoreError(
            .fenced,
            "\(endpoint) is written by \(now.leader.isEmpty ? "another program" : now.leader) since epoch \(now.epoch); this process wrote it under epoch \(mine.epoch). Nothing more is accepted here. Start this data directory again with --standby, to follow the other, or without it when the other is stopped for good."
        )
    }

    /// The bytes of a record; nil where there is none.
    package func record(at position: Position) throws -> [UInt8]? {
        try connection.query("SELECT record FROM events WHERE position = $1", [.integer(position.signed)])
            .first?.bytes("record")
    }

    /// Up to `limit` rows behind `position`, in order of their positions, whatever gaps there are.
    package func records(after position: Position, limit: Int) throws -> [StoredRecord] {
        try connection.query(Self.recordsStatement(after: position, limit: limit)).map(StoredRecord.init)
    }

    /// Hands over all records up to a position as they arrive, in the order of their positions, whatever gaps there are.
    func eachRecord(through last: Position, _ body: (StoredRecord) throws -> Void) throws {
        try connection.copyOut(
            "COPY (SELECT position, record FROM events WHERE position <= \(last.signed) ORDER BY position) TO STDOUT"
        ) { row in
            try body(StoredRecord(position: row.integer(0), bytes: row.bytes(1)))
        }
    }

    static func recordsStatement(after position: Position, limit: Int) -> Statement {
        Statement(
            "SELECT position, record FROM events WHERE position > $1 ORDER BY position LIMIT $2",
            [.integer(position.signed), .integer(Int64(limit))])
    }

    /// The last position before the first event that was recorded later than `time`.
    func lastPosition(recordedBy time: Timestamp) throws -> Position {
        let row = try connection.query(
            "SELECT min(position) AS first FROM events WHERE recorded_at > $1", [.text(time.description)]
        ).first
        guard let first = try row?.integer("first") else { return Position(rawValue: UInt64(Int64.max)) }
        return Position(rawValue: UInt64(bitPattern: first) - 1)
    }

    /// What opens the personal data of persons, who are given by their digests; in no order.
    func personKeys(of persons: [[UInt8]]) throws -> [(key: [UInt8], value: [UInt8])] {
        guard !persons.isEmpty else { return [] }
        return try connection.query(
            "SELECT person, key FROM person_keys WHERE person = ANY($1::bytea[])",
            [.array(persons.map { Value.bytes($0).text })]
        ).map { row in (try row.bytes("person") ?? [], try row.bytes("key") ?? []) }
    }
}

extension Position {
    /// As Postgres has it, which knows no unsigned numbers. Positions never come near the half of what 64 bits hold.
    var signed: Int64 { Int64(bitPattern: rawValue) }
}
