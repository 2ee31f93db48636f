import Foundation
import LMDB
package import Ledger
import Synchronization

/// Where each stream ends and where each command key stands: derived from the log, rebuilt when it is missing.
///
/// The newest part is in memory and is written down in sorted batches, each with the position up to which
/// the index then stands. After a crash it reads the log from there on.
package final class LogIndex: Sendable {
    private struct Pending {
        var streams: [StreamName: StreamHead] = [:]
        var keys: [KeyDigest: Position] = [:]
        var through = Position.start
        var throughChecksum: UInt32 = 0
    }

    /// How many keys and streams wait in memory before they are written: some 20 MB.
    static let pendingMax = 131_072
    private static let format: UInt64 = 1

    private let environment: Environment
    private let streams: Database
    private let keys: Database
    private let about: Database
    /// Set where another process writes the log and its index: what it wrote since is looked at before each answer.
    private let followed: EventLog?
    private let following = Mutex(())
    private let pending = Mutex(Pending())

    /// Opens the index and brings it up to the log's head. One that does not belong to this log is built anew.
    init(directory: String, log: EventLog, readOnly: Bool) throws {
        followed = readOnly ? log : nil
        (environment, streams, keys, about) = try Self.open(directory, readOnly)
        if try !belongs(to: log) {
            // One that was never written down is empty: who only reads takes it all from the log.
            guard try !readOnly || storedCheckpoint() == nil else { throw Self.unusable(directory, cause: nil) }
            try clear()
        }
        try catchUp(with: log, from: try checkpoint)
    }

    private typealias Files = (environment: Environment, streams: Database, keys: Database, about: Database)

    /// Opens the files; ones that are damaged are made anew, for all in them comes from the log.
    private static func open(_ directory: String, _ readOnly: Bool) throws -> Files {
        do {
            return try openFiles(directory, readOnly)
        } catch let error as LMDBError where error.isDamage && !readOnly {
            for file in ["/data.mdb", "/lock.mdb"] { try FileManager.default.removeItem(atPath: directory + file) }
            return try openFiles(directory, readOnly)
        } catch let error as LMDBError where readOnly {
            throw unusable(directory, cause: error)
        }
    }

    private static func openFiles(_ directory: String, _ readOnly: Bool) throws -> Files {
        var options = Environment.Options()
        options.readOnly = readOnly
        options.mapSizeBytes = 64 << 30
        let environment = try Environment(directory: directory, options: options)
        let create: Database.Options = readOnly ? [] : [.create]
        return (
            environment, try environment.database(named: "streams", options: create),
            try environment.database(named: "keys", options: create),
            try environment.database(named: "about", options: create)
        )
    }

    private static func unusable(_ directory: String, cause: LMDBError?) -> EventStoreError {
        EventStoreError(
            .directory,
            "The index in \(directory) is missing, damaged or of another log. Start daybook serve, which builds it anew.",
            cause: cause)
    }

    package func head(of stream: StreamName) throws -> StreamHead {
        if let followed { try follow(followed) }
        if let head = pending.withLock({ $0.streams[stream] }) { return head }
        let stored = try environment.read { try $0.get(streams, key: stream.indexKey) }
        return try stored.map { try StreamHead(stored: $0) } ?? .none
    }

    /// The first event of the command with this key; nil where no command had it.
    func position(of key: KeyDigest) throws -> Position? {
        if let position = pending.withLock({ $0.keys[key] }) { return position }
        let stored = try environment.read { try $0.get(keys, key: key.bytes) }
        return stored.flatMap(UInt64.init(bigEndianBytes:)).map(Position.init(rawValue:))
    }

    /// Takes in records which are durable, in order; writes the index down when enough wait.
    func add(_ entries: [IndexEntry]) throws {
        let isFull = pending.withLock { pending in
            for entry in entries {
                pending.streams[entry.stream] = StreamHead(position: entry.position, version: entry.version)
                if let key = entry.key { pending.keys[key] = entry.position }
            }
            if let last = entries.last {
                pending.through = last.position
                pending.throughChecksum = last.checksum
            }
            return pending.streams.count + pending.keys.count >= Self.pendingMax
        }
        if isFull { try flush() }
    }

    /// Writes down what waits in memory. Durable when it returns.
    package func flush() throws {
        guard followed == nil else { return }
        let batch = pending.withLock { $0 }
        guard batch.through != .start else { return }
        do {
            try write(batch)
        } catch let error as LMDBError where error.isDiskFull {
            throw EventStoreError.diskFull(cause: error)
        } catch let error as CommitFailed where error.outcome == .diskFull {
            throw EventStoreError.diskFull(cause: error)
        }
        // Only the Writer's thread adds, and it is the one that flushes: nothing came in between.
        pending.withLock { $0 = Pending() }
    }

    private func write(_ batch: Pending) throws {
        try environment.write { transaction in
            for (stream, head) in batch.streams.sorted(by: { $0.key < $1.key }) {
                try transaction.put(streams, key: stream.indexKey, value: head.stored)
            }
            for (key, position) in batch.keys.sorted(by: { $0.key < $1.key }) {
                try transaction.put(keys, key: key.bytes, value: position.rawValue.bigEndianBytes)
            }
            try transaction.put(
                about, key: Self.checkpointKey,
                value: Self.format.bigEndianBytes + batch.through.rawValue.bigEndianBytes
                    + UInt64(batch.throughChecksum).bigEndianBytes)
        }
    }

    package var sizeOnDiskBytes: Int {
        get throws { try environment.sizeOnDiskBytes }
    }

    /// The position up to which the index stands on the disk.
    package var checkpoint: Position {
        get throws { try storedCheckpoint()?.position ?? .start }
    }
}

// Opening and checking.
extension LogIndex {
    private static let checkpointKey = Array("checkpoint".utf8)

    private func storedCheckpoint() throws -> (position: Position, checksum: UInt64)? {
        guard let bytes = try environment.read({ try $0.get(about, key: Self.checkpointKey) }), bytes.count == 24,
            UInt64(bigEndianBytes: bytes[0..<8]) == Self.format,
            let position = UInt64(bigEndianBytes: bytes[8..<16]), let checksum = UInt64(bigEndianBytes: bytes[16..<24])
        else { return nil }
        return (Position(rawValue: position), checksum)
    }

    /// Whether the index was made from this log: the record at its checkpoint is the one it saw.
    private func belongs(to log: EventLog) throws -> Bool {
        guard let checkpoint = try storedCheckpoint() else { return false }
        guard let record = try log.record(at: checkpoint.position) else { return false }
        return UInt64(record.checksum) == checkpoint.checksum
    }

    private func clear() throws {
        guard followed == nil else { return }
        try environment.write { transaction in
            for database in [streams, keys, about] { try transaction.clear(database) }
        }
    }

    private func catchUp(with log: EventLog, from start: Position) throws {
        var position = start
        while true {
            let records = try log.read(after: position, limit: 8_192)
            guard let last = records.last else { return }
            try add(records.map(IndexEntry.init))
            position = last.position
        }
    }

    /// Takes in what another process appended since. What that process wrote to its index need not be kept here.
    private func follow(_ log: EventLog) throws {
        try following.withLock { _ in
            try log.refreshHead()
            let start = pending.withLock { pending in
                if pending.streams.count + pending.keys.count >= Self.pendingMax { pending = Pending() }
                return pending.through
            }
            try catchUp(with: log, from: max(start, try checkpoint))
        }
    }

    /// Compares every stream and key of the index with the log, and calls `report` for each difference.
    package func verify(against log: EventLog, report: (String) -> Void) throws {
        var heads: [StreamName: StreamHead] = [:]
        var position = Position.start
        while case let records = try log.read(after: position, limit: 8_192), let last = records.last {
            for record in records {
                let before = heads[record.stream] ?? .none
                if record.previous != before.position || record.version.rawValue != before.version.rawValue + 1 {
                    report(
                        "Record \(record.position) does not follow record \(before.position) of stream \(record.stream)."
                    )
                }
                heads[record.stream] = StreamHead(position: record.position, version: record.version)
                if record.ordinal == 0, try self.position(of: KeyDigest(record.key)) != record.position {
                    report(
                        "The index does not know the command key \"\(record.key)\" of record \(record.position). Remove the index directory; it is built anew."
                    )
                }
            }
            position = last.position
        }
        for (stream, head) in heads where try self.head(of: stream) != head {
            report(
                "The index has another end of stream \(stream) than the log, record \(head.position). Remove the index directory; it is built anew."
            )
        }
    }
}

/// What the index keeps of a record.
struct IndexEntry: Sendable {
    let stream: StreamName
    let position: Position
    let version: Version
    /// Of the command; nil for its second and later events.
    let key: KeyDigest?
    let checksum: UInt32

    init(_ record: Record) {
        stream = record.stream
        position = record.position
        version = record.version
        key = record.ordinal == 0 ? KeyDigest(record.key) : nil
        checksum = record.checksum
    }

    init(stream: StreamName, position: Position, version: Version, key: KeyDigest?, checksum: UInt32) {
        self.stream = stream
        self.position = position
        self.version = version
        self.key = key
        self.checksum = checksum
    }
}

extension StreamName {
    fileprivate var indexKey: [UInt8] { [category.rawValue] + id.utf8 }
}

extension StreamHead {
    fileprivate var stored: [UInt8] { position.rawValue.bigEndianBytes + version.rawValue.bigEndianBytes }

    fileprivate init(stored: [UInt8]) throws {
        guard stored.count == 16, let position = UInt64(bigEndianBytes: stored[0..<8]),
            let version = UInt64(bigEndianBytes: stored[8..<16])
        else {
            throw EventStoreError(
                .corrupt, "The index has an impossible entry. Remove the index directory; it is built anew.")
        }
        self.init(position: Position(rawValue: position), version: Version(rawValue: version))
    }
}
