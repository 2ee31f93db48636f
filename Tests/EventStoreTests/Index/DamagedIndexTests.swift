import EventStore
import Foundation
import Ledger
import TestTools
import Testing

@testable import EventStore

@Suite("A damaged index", .timeLimit(.minutes(5)))
struct DamagedIndexTests {
    enum Damage: String, CaseIterable, Codable, Sendable {
        case empty, oneByte, onePage, half, lastPageMissing, zeros, randomBytes, text
    }

    /// It is derived from the log: the store opens without it, and answers as the log does.
    @Test("The store opens and the index is built anew", arguments: Damage.allCases, ["manifest", "run-1"])
    func built(damage: Damage, file: String) async throws {
        let data = try TemporaryData()
        try await data.write { _, writer in
            for index in 1...200 {
                try await writer.accept(Scripted.note("note-\(index)"), key: "key-\(index)")
            }
        }
        try data.overwrite("index/" + file) { damage.apply(to: &$0) }
        try await data.open { store in
            try store.expectIndexToAnswer()
            #expect(store.log.headPosition == .at(200))
            try store.index.flush()
        }
        try await data.open { store in try store.expectIndexToFit() }
    }

    @Test("One byte that is wrong, wherever it is, never gives a wrong answer and is made good")
    func everyByte() async throws {
        let data = try TemporaryData()
        try await data.write { _, writer in
            for index in 1...30 { try await writer.accept(Scripted.note("note-\(index)"), key: "key-\(index)") }
        }
        for file in ["index/manifest", "index/run-1"] {
            let whole = try Data(contentsOf: URL(fileURLWithPath: data.file(file)))
            // Every byte of what is small, and of the run its header, its checksums and some of each area.
            let places =
                Array(0..<min(whole.count, 160)) + Array(stride(from: 160, to: whole.count, by: 97))
                + Array(max(0, whole.count - 40)..<whole.count)
            for place in places where place < whole.count {
                try data.copy("index", to: "whole-index")
                try data.overwrite(file) { $0[place] ^= 0x10 }
                try await data.open { store in try store.expectIndexToAnswer() }
                try data.copy("whole-index", to: "index")
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
        case .onePage: bytes.removeLast(max(0, bytes.count - 4_096))
        case .half: bytes.removeLast(bytes.count / 2)
        case .lastPageMissing: bytes.removeLast(min(bytes.count, 4_096))
        case .zeros: bytes = Array(repeating: 0, count: bytes.count)
        case .randomBytes: bytes = random.bytes(bytes.count)
        case .text: bytes = Array("This is no database.\n".utf8)
        }
    }
}
