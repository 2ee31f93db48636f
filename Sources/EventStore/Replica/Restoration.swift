import Foundation
package import Ledger
package import Logging
import Postgres

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
    /// Of a connection of its own: the keys of persons are asked for while records arrive.
    private let records: Replica
    private let logger: Logger
    private static let chunk = 8_192

    package init(url: String, logger: Logger) throws {
        replica = try Replica(reading: url)
        records = try Replica(reading: url, options: .init(statementTimeout: nil))
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
        let intake = Intake(replica: replica, log: store.log, events: store.events)
        var chunk: [StoredRecord] = []
        func takeIn() throws {
            _ = try intake.takeIn(chunk)
            chunk.removeAll(keepingCapacity: true)
            progress(store.log.headPosition)
        }
        try records.eachRecord(through: last) { record in
            chunk.append(record)
            if chunk.count == Self.chunk { try takeIn() }
        }
        try takeIn()
        guard store.log.headPosition == last else { throw replica.lacks(store.log.headPosition.advanced(by: 1)) }
    }
}
