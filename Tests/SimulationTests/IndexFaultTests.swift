import Foundation
import Ledger
import TestTools
import Testing

@testable import EventStore

/// Faults that simulations found, each by itself.
@Suite("An index on a faulty disk", .timeLimit(.minutes(5)))
struct IndexFaultTests {
    private let disk = SimulatedDisk(random: SplitMix64(seed: 1), trace: Trace(keepsWords: false))

    @Test("One that is made anew is never taken for the old one, though a crash comes before its first manifest")
    func oldManifest() throws {
        try append(20)
        try open(pendingMax: 100).flush()
        damage("run-1", at: 3)
        let anew = try open(pendingMax: 100, key: 2)
        // Its run is durable, its manifest is not.
        disk.failing = "replace"
        #expect(throws: EventStoreError.self) { try anew.flush() }
        disk.crash()
        disk.failing = nil
        try expectAll(in: try open(pendingMax: 100, key: 3), 20)
    }

    @Test("A damaged run that is met while catching up is made anew, and does not keep the store shut")
    func damagedWhileMerging() throws {
        try append(20)
        try open(pendingMax: 15).flush()
        damage("run-1", at: 8_200)
        try append(20)
        try expectAll(in: try open(pendingMax: 15), 40)
    }

    @Test("A manifest that could not be replaced, and was all the same, never names a run of other content")
    func replacedAllTheSame() throws {
        try append(10)
        let index = try open(pendingMax: 10)
        // The manifest with the second run is written, the one with the merged run is too and seems not to be.
        disk.failing = "replace"
        (disk.callsBeforeFailing, disk.isDoneThoughFailing) = (1, true)
        try append(10, to: index)
        // The next run is written, and the process ends before its manifest.
        disk.isDoneThoughFailing = false
        try append(10, to: index)
        disk.crash()
        disk.failing = nil
        try expectAll(in: try open(pendingMax: 10), 30)
    }

    @Test("A file that can't be removed after a merge costs nothing but its room")
    func notRemoved() throws {
        let index = try open(pendingMax: 10)
        // One large run, and then three small ones.
        for _ in 0..<4 { try append(10, to: index) }
        disk.failing = "remove"
        for _ in 0..<3 { try append(10, to: index) }
        try expectAll(in: index, 70)
        disk.crash()
        disk.failing = nil
        try expectAll(in: try open(pendingMax: 10), 70)
    }

    // MARK: The parts

    private func open(pendingMax: Int, key: UInt64 = 1) throws -> LogIndex {
        disk.restart()
        var options = LogIndex.Options()
        (options.pendingMax, options.mergeWidth, options.flushesBeside) = (pendingMax, 2, false)
        options.freshKey = { DigestKey(first: key, second: key) }
        return try LogIndex(
            files: disk, log: try EventLog(disk), readOnly: false, options: options, logger: .silent)
    }

    /// Each record is a stream and a command of its own.
    private func append(_ count: Int, to index: LogIndex? = nil) throws {
        let start = disk.records.count
        let buffer = RecordBuffer()
        for number in start + 1...start + count {
            let record = Record(
                position: Position(rawValue: UInt64(number)), stream: StreamName(.product, "SKU-\(number)"),
                version: Version(rawValue: 1), storedType: .productPriceChanged, recordedAt: Timestamp(microseconds: 1),
                effectiveAt: Timestamp(microseconds: 1), actor: "test", key: "key-\(number)", ordinal: 0, count: 1,
                fingerprint: 1, correlation: "", previous: .start, payload: [])
            buffer.append(record) { $0.raw([]) }
        }
        try disk.append(buffer, after: Position(rawValue: UInt64(start)))
        guard let index else { return }
        let records = try EventLog(disk).read(after: Position(rawValue: UInt64(start)), limit: count)
        // Why an earlier writing down failed is told here, and is not what is looked at.
        try? index.add(records.map { $0.indexEntry(index.digestKey) })
    }

    private func damage(_ name: String, at offset: Int) {
        var copy = disk.index.copy
        copy[name]?[offset] ^= 0x10
        disk.index.replace(with: copy)
    }

    private func expectAll(in index: LogIndex, _ count: Int) throws {
        for number in 1...count {
            let position = Position(rawValue: UInt64(number))
            #expect(try index.position(ofKey: index.digestKey.digest(ofKey: "key-\(number)")) == position)
            #expect(try index.head(of: StreamName(.product, "SKU-\(number)")).position == position)
        }
    }
}
