import Foundation
import JSON
import Ledger
package import Logging
import Postgres

/// One of several data directories that have a copy in one Postgres: one leads, which is to append, the others stand by and
/// hold what Postgres has.
package struct Standby: Sendable {
    /// What a directory is to do now.
    package enum Part: Sendable {
        /// Append to its own log, once it has claimed the copy.
        case lead
        /// Take in what Postgres has, until nobody leads.
        case follow
    }

    private let directory: String
    private let url: String
    private let logger: Logger

    /// A Postgres that is silent for so long is taken to be away.
    private static let silenceMax = Duration.seconds(10)
    private static let chunk = 4_096

    package init(directory: String, url: String, logger: Logger) {
        self.directory = directory
        self.url = url
        self.logger = logger
    }

    /// Finds out what to do, and makes the directory ready for it: records that it alone has, while another led since, are
    /// set aside.
    ///
    /// - Throws: `EventStoreError` as opening the directory does, `fenced` where several machines append to the log, and
    ///   `diverged` where that is another's; `PostgresError` where Postgres is away.
    package func part() throws -> Part {
        let replica = try Replica(url: url, options: .init(statementTimeout: Self.silenceMax))
        let leadership = try replica.leadership()
        guard leadership.leader != Replica.sharedLeader else { throw replica.isShared }
        let home = try Home(of: directory).name()
        let mark = CopyMark(of: directory)
        if mark.isThere {
            guard mark.isSettled, leadership.mayBeClaimed(by: home), try isWhole(replica, leadership) else {
                return .follow
            }
            try mark.remove()
            return .lead
        }
        guard leadership.home != home, leadership.home != "" else { return .lead }
        try setAside(from: replica)
        return .follow
    }

    /// Whether the directory has all that Postgres has.
    private func isWhole(_ replica: Replica, _ leadership: Replica.Leadership) throws -> Bool {
        let store = try Store(directory: directory, access: .readWrite, logger: logger)
        try replica.requireContinuation(of: store.log)
        return store.log.headPosition == leadership.position
    }

    /// Another has led since this directory did: what it has and Postgres has not was never copied. It goes into a file,
    /// and the log is had from Postgres again.
    private func setAside(from replica: Replica) throws {
        let path: String
        let count: UInt64
        do {
            let store = try Store(directory: directory, access: .readWrite, logger: logger)
            let last = try lastInCommon(store.log, replica)
            count = store.log.headPosition.rawValue - last.rawValue
            guard count > 0 else { return }
            guard last != .start else { throw isOfAnother(replica) }
            path = try write(store, after: last)
        }
        try CopyMark(of: directory).distrust()
        logger.warning(
            "another machine took over before these events were copied: they are not in the log any more",
            metadata: ["events": "\(count)", "kept in": "\(path)"])
    }

    /// What would be set aside is everything.
    private func isOfAnother(_ replica: Replica) -> EventStoreError {
        EventStoreError(
            .diverged,
            "\(directory) and \(replica.endpoint) have no event in common: they are of different shops. Nothing was changed. Check DAYBOOK_POSTGRES_URL and --data."
        )
    }

    /// What is common is the beginning of both, so that it can be halved.
    private func lastInCommon(_ log: EventLog, _ replica: Replica) throws -> Position {
        var common: UInt64 = 0
        var different = min(log.headPosition, try replica.head().position).rawValue + 1
        while common + 1 < different {
            let position = Position(rawValue: common + (different - common) / 2)
            if try replica.record(at: position) == log.record(at: position)?.encoded() {
                common = position.rawValue
            } else {
                different = position.rawValue
            }
        }
        return Position(rawValue: common)
    }

    /// One event a line as `daybook events` prints them, and the bytes of its record. The file is on the disk when this
    /// returns.
    private func write(_ store: Store, after last: Position) throws -> String {
        let path = "\(directory)/aside-\(last.advanced(by: 1))-\(ULID.make()).ndjson"
        do {
            _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
            let file = try FileHandle(forWritingTo: URL(filePath: path))
            var position = last
            while case let records = try store.log.readEncoded(after: position, limit: Self.chunk), !records.isEmpty {
                for (record, bytes) in records { try file.write(contentsOf: line(record, bytes, store.events)) }
                position = position.advanced(by: records.count)
            }
            try file.synchronize()
            try file.close()
        } catch {
            try? FileManager.default.removeItem(atPath: path)
            throw error
        }
        return path
    }

    private func line(_ record: Record, _ bytes: [UInt8], _ events: StoredEvents) throws -> Data {
        let event = Recorded(record: record, event: try events.eventAndKeys(of: record).0)
        let object = JSONWriter.object { writer in
            writer.fields(of: event.json)
            writer.field("record", Data(bytes).base64EncodedString())
        }
        return Data(object + [UInt8(ascii: "\n")])
    }
}
