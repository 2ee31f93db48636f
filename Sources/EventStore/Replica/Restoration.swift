import Foundation
package import Ledger
package import Logging

/// Makes a data directory of a copy in Postgres: the same bytes at the same positions, and the keys of persons.
package struct Restoration {
    /// Where to end.
    package enum End: Sendable {
        case head
        case position(Position)
        /// With the last event that was recorded by then.
        case time(Timestamp)
    }

    private let replica: Replica
    private let logger: Logger
    private static let chunk = 8_192

    package init(url: String, logger: Logger) throws {
        replica = try Replica(reading: url)
        self.logger = logger
    }

    /// Host, port and database.
    package var endpoint: String { replica.endpoint }

    /// Up to where the copy goes, or the end asked for, whichever comes first.
    package func lastPosition(_ end: End) throws -> Position {
        let head = try replica.head().position
        switch end {
        case .head: return head
        case .position(let position): return min(position, head)
        case .time(let time): return min(head, try replica.lastPosition(recordedBy: time))
        }
    }

    /// Builds the directory beside its place and puts it there when it is whole: what is interrupted leaves nothing that
    /// looks like a shop.
    ///
    /// - Throws: `EventStoreError` `directory` where there is something already; `corrupt` where the copy lacks a record,
    ///   or has one that is not what was written, or not behind the one that it names.
    package func restore(
        to directory: String, through last: Position, progress: (Position) -> Void = { _ in }
    ) throws {
        let files = FileManager.default
        if let found = try? files.contentsOfDirectory(atPath: directory), !found.isEmpty {
            throw EventStoreError(
                .directory, "\(directory) is not empty. Restore into a new directory, and change places then.")
        }
        let unfinished = directory + ".restoring"
        try? files.removeItem(atPath: unfinished)
        do {
            try fill(unfinished, through: last, progress)
            try? files.removeItem(atPath: directory)  // Empty, or not there.
            try files.moveItem(atPath: unfinished, toPath: directory)
        } catch {
            try? files.removeItem(atPath: unfinished)
            throw error
        }
    }

    private func fill(_ directory: String, through last: Position, _ progress: (Position) -> Void) throws {
        let store = try Store(directory: directory, access: .readWrite, logger: logger)
        try store.keyring.restore(try replica.personKeys())
        var position = Position.start
        while position < last {
            let limit = min(Self.chunk, Int(last.rawValue - position.rawValue))
            let rows = try replica.records(after: position, limit: limit)
            guard !rows.isEmpty else { throw missing(position.advanced(by: 1)) }
            let buffer = RecordBuffer(capacity: 1 << 20)
            var links = LinkCheck(log: store.log)
            for row in rows {
                let expected = position.advanced(by: buffer.count + 1)
                guard row.position == expected else { throw missing(expected) }
                try links.add(
                    try row.bytes.withUnsafeBytes { try Record.decode(RawSpan(_unsafeBytes: $0), at: expected) })
                buffer.append(encoded: row.bytes)
            }
            try store.log.append(buffer, after: position)
            position = position.advanced(by: rows.count)
            progress(position)
        }
    }

    private func missing(_ position: Position) -> EventStoreError {
        EventStoreError(
            .corrupt,
            "\(endpoint) has no record at position \(position). Nothing was restored; ask for what is before it with --to \(position.rawValue - 1)."
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
