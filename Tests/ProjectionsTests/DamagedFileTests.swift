import EventStore
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Projections

@Suite("Read models whose files are not what was written")
struct DamagedFileTests {
    private static let reason = "counted on a quiet afternoon"

    /// A store with some stock, and its read models fed and closed.
    private func stocked(_ directory: DataDirectory, quantity: Int = 10, _ body: (Store) throws -> Void) async throws {
        try await directory.open { store, writer in
            try await writer.accept("register-product", #"{"sku":"LAMP","name":"Lamp"}"#, at: "2026-02-03T10:00:00Z")
            try await writer.accept(
                "receive-stock",
                #"{"sku":"LAMP","location":"main","quantity":\#(quantity),"reference":"\#(Self.reason)"}"#,
                at: "2026-02-03T10:00:00Z")
            do {
                let models = try ReadModels(of: store, repairing: .silent)
                try models.catchUp(with: store)
            }
            try body(store)
        }
    }

    /// Turns one bit of the first place in the file where `text` stands.
    private func flip(_ text: String, in path: String) throws {
        var bytes = try Data(contentsOf: URL(filePath: path))
        let place = try #require(bytes.range(of: Data(text.utf8)))
        bytes[place.lowerBound] ^= 1
        try bytes.write(to: URL(filePath: path))
    }

    @Test("A flipped bit in a row is an error, and no other answer; the audit names the file")
    func flippedRow() async throws {
        try await stocked(try DataDirectory()) { store in
            let path = store.readModelsDirectory + "/search-v1.sqlite"
            try flip(#""name":"Lamp""#, in: path)
            let models = try ReadModels(of: store, repairing: nil)
            #expect(throws: DatabaseError.self) {
                try models.search.read { try String.fetchAll($0, sql: "SELECT document FROM product") }
            }
            var doubts: [String] = []
            try ReadModelAudit(models).finish { doubts.append($0) }
            #expect(doubts.contains { $0.contains(path) && $0.contains("damaged") })
        }
    }

    @Test("A file that is no database is made anew by who feeds it, and refused by others")
    func noDatabase() async throws {
        try await stocked(try DataDirectory()) { store in
            let path = store.readModelsDirectory + "/stock-v3.sqlite"
            try Data(repeating: 7, count: 20_000).write(to: URL(filePath: path))
            #expect(throws: EventStoreError.self) { try ReadModels(of: store, repairing: nil) }
            let models = try ReadModels(of: store, repairing: .silent)
            try models.catchUp(with: store)
            #expect(try models.stock.rows("balance") == ["LAMP|available|main|10", "LAMP|supplier||-10"])
        }
    }

    @Test("Read models of another log, or of more of a log than is there, are refused")
    func foreignLog() async throws {
        let other = try DataDirectory()
        try await stocked(other, quantity: 11) { _ in }
        try await stocked(try DataDirectory()) { store in
            let path = store.readModelsDirectory + "/stock-v3.sqlite"
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.copyItem(
                atPath: other.path + "/read/stock-v3.sqlite", toPath: path)
            #expect(throws: EventStoreError.self) { try ReadModels(of: store, repairing: .silent) }
        }
    }
}
