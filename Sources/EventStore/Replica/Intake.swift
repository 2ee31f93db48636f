import Ledger

/// Takes records that a Postgres holds into a log: the same bytes at the same positions, each checked, and the keys of
/// persons before them.
struct Intake {
    let replica: Replica
    let log: EventLog
    let events: StoredEvents

    /// Takes in up to `limit` records behind the log's head, durably, and returns how many.
    ///
    /// - Throws: `EventStoreError` `corrupt` where Postgres lacks a record, or has one that is not what was written, or not
    ///   behind the one that it names. Nothing of the batch is taken in then.
    func takeIn(limit: Int) throws -> Int {
        try takeIn(try replica.records(after: log.headPosition, limit: limit))
    }

    /// The same of what was read; records that the log has are left out.
    func takeIn(_ stored: [StoredRecord]) throws -> Int {
        let start = log.headPosition
        let rows = stored.drop { $0.position <= start }
        guard !rows.isEmpty else { return 0 }
        let buffer = RecordBuffer(capacity: 1 << 16)
        var links = LinkCheck(log: log)
        var records: [Record] = []
        for row in rows {
            let expected = start.advanced(by: buffer.count + 1)
            guard row.position == expected else { throw replica.lacks(expected) }
            let record = try row.bytes.withUnsafeBytes { try Record.decode(RawSpan(_unsafeBytes: $0), at: expected) }
            try links.add(record)
            buffer.append(encoded: row.bytes)
            records.append(record)
        }
        try takeKeys(of: records)
        try log.append(buffer, after: start)
        return records.count
    }

    /// What opens personal data in the records.
    private func takeKeys(of records: [Record]) throws {
        let persons = try Set(records.flatMap { try events.persons(of: $0) })
        guard !persons.isEmpty else { return }
        try events.keyring.restore(try replica.personKeys(of: persons.map(Keyring.storageKey)))
    }
}

extension Replica {
    func lacks(_ position: Position) -> EventStoreError {
        EventStoreError(
            .corrupt,
            "\(endpoint) has no record at position \(position). Nothing behind it was taken; restore up to the one before it with daybook restore --to \(position.rawValue - 1)."
        )
    }
}

/// Sees to it that each record stands behind the one of its stream that it names. Memory is that of one batch.
private struct LinkCheck {
    let log: EventLog
    private var batch: [Position: Record] = [:]

    init(log: EventLog) { self.log = log }

    mutating func add(_ record: Record) throws {
        batch[record.position] = record
        guard record.previous != .start else {
            guard record.version == Version(rawValue: 1) else { throw broken(record) }
            return
        }
        guard let before = try batch[record.previous] ?? log.record(at: record.previous),
            before.stream == record.stream, before.version.rawValue + 1 == record.version.rawValue
        else { throw broken(record) }
    }

    private func broken(_ record: Record) -> EventStoreError {
        .corrupt(
            record.position, "it is version \(record.version) of \(record.stream) and does not follow the one before")
    }
}
