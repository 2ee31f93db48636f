import EventStore
import Foundation
import Ledger
import TestTools
import Testing

@testable import EventStore

// In child processes: LMDB maps its file, and what is missing of it ends the process that reads there.
@Suite("A damaged index", .timeLimit(.minutes(1)))
struct DamagedIndexTests {
    enum Damage: String, CaseIterable, Codable, Sendable {
        case empty, oneByte, onePage, half, lastPageMissing, zeros, randomBytes, text
    }

    /// It is derived from the log: the store opens without it, and answers as the log does. Damage inside of a page
    /// is not among these: LMDB has no checksums and may read anywhere.
    @Test("The store opens and the index is built anew", arguments: Damage.allCases)
    func built(damage: Damage) async throws {
        let data = try TemporaryData()
        try await data.write { _, writer in
            for index in 1...200 {
                try await writer.accept(Scripted.note("note-\(index)"), key: "key-\(index)")
            }
        }
        try data.overwrite("index/data.mdb") { damage.apply(to: &$0) }
        await #expect(processExitsWith: .success) { [path = data.path as String] in
            await reporting {
                try await TemporaryData.open(path) { store in
                    try store.expectIndexToFit()
                    #expect(store.log.headPosition == .at(200))
                    try store.index.flush()
                }
                try await TemporaryData.open(path) { store in try store.expectIndexToFit() }
            }
        }
    }
}

extension DamagedIndexTests.Damage {
    func apply(to bytes: inout [UInt8]) {
        var random = SplitMix64.of("damaged index")
        switch self {
        case .empty: bytes = []
        case .oneByte: bytes = [bytes[0]]
        case .onePage: bytes.removeLast(bytes.count - 4_096)
        case .half: bytes.removeLast(bytes.count / 2)
        case .lastPageMissing: bytes.removeLast(4_096)
        case .zeros: bytes = Array(repeating: 0, count: bytes.count)
        case .randomBytes: bytes = random.bytes(bytes.count)
        case .text: bytes = Array("This is no database.\n".utf8)
        }
    }
}
