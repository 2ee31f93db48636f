import Foundation
import Ledger
import Synchronization

/// States of aggregates with long histories, so that loading one need not read all of it. Derived, checksummed and
/// dispensable: one that is torn or of another log is passed by.
final class Snapshots: Sendable {
    private let files: any IndexFiles
    private let digestKey: DigestKey
    /// A shorter history has no snapshot.
    let eventsMin: UInt64

    init(files: any IndexFiles, digestKey: DigestKey, eventsMin: UInt64 = 1_024) {
        self.files = files
        self.digestKey = digestKey
        self.eventsMin = eventsMin
    }

    /// A state and the event up to which it is folded.
    struct Snapshot<State: Aggregate> {
        let state: State
        let head: StreamHead
        /// What it takes on the disk.
        let bytes: Int
    }

    /// What stands in a file, with a checksum behind it.
    private struct Stored<State: Aggregate>: Codable {
        let stream: String
        let version: UInt64
        let position: UInt64
        /// Of the record at the position.
        let checksum: UInt32
        let state: State
    }

    /// Whether a state whose last snapshot has `bytes` is worth another one, `events` later: not for a short history, and
    /// not so often that writing snapshots costs more than some hundred nanoseconds an event.
    func isDue(events: UInt64, bytes: Int) -> Bool { events >= max(eventsMin, UInt64(bytes / 8)) }

    static func isSnapshot(_ name: String) -> Bool { name.hasPrefix("snapshot-") && !name.hasSuffix(".new") }

    /// The newest snapshot of a stream; nil where there is none that belongs to this log.
    func load<State: Aggregate>(_ type: State.Type, of stream: StreamName, in log: EventLog) throws -> Snapshot<State>?
    {
        guard let file = try? files.open(name(of: stream)), file.bytes.count > 4 else { return nil }
        let content = UnsafeRawBufferPointer(rebasing: file.bytes.dropLast(4))
        let checksum = file.bytes.loadUnaligned(fromByteOffset: content.count, as: UInt32.self)
        guard CRC32C.checksum(content) == UInt32(littleEndian: checksum),
            let stored = try? JSONDecoder().decode(Stored<State>.self, from: Data(content)),
            stored.stream == stream.description,
            let record = try log.record(at: Position(rawValue: stored.position)), record.checksum == stored.checksum
        else { return nil }
        let head = StreamHead(position: record.position, version: Version(rawValue: stored.version))
        return Snapshot(state: stored.state, head: head, bytes: file.bytes.count)
    }

    /// Writes a state down in place of an older one, and returns its size. A failure leaves the older one or none.
    func save<State: Aggregate>(
        _ state: State, of stream: StreamName, at head: StreamHead, in log: EventLog
    ) throws -> Int {
        guard let record = try log.record(at: head.position) else {
            throw EventStoreError.corrupt(head.position, "it is missing")
        }
        let stored = Stored(
            stream: stream.description, version: head.version.rawValue, position: head.position.rawValue,
            checksum: record.checksum, state: state)
        let encoder = JSONEncoder()
        // The same state, the same bytes, whatever process wrote them.
        encoder.outputFormatting = .sortedKeys
        var bytes = Array(try encoder.encode(stored))
        let checksum = bytes.withUnsafeBytes { CRC32C.checksum($0) }
        withUnsafeBytes(of: checksum.littleEndian) { bytes.append(contentsOf: $0) }
        try files.replaceLoosely(name(of: stream), with: bytes)
        return bytes.count
    }

    private func name(of stream: StreamName) -> String {
        let digest = digestKey.digest(of: stream)
        return "snapshot-" + String(digest.high, radix: 16) + "-" + String(digest.low, radix: 16)
    }
}
