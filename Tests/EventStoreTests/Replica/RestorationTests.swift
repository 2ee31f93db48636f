import EventStore
import Foundation
import Ledger
import TestServers
import TestTools
import Testing

@testable import EventStore

@Suite("A data directory restored from Postgres", .needsPostgres, .temporaryPostgres, .timeLimit(.minutes(5)))
struct RestorationTests {
    private func restored(_ shop: CopiedShop, _ end: Restoration.End = .head) throws -> (TemporaryData, Position) {
        let place = try TemporaryData()
        let restoration = try Restoration(url: shop.url, logger: .silent)
        let last = try restoration.lastPosition(end)
        try restoration.restore(to: place.path, through: last)
        return (place, last)
    }

    @Test("It is the same to the byte, opens personal data, answers known keys, and goes on", arguments: [4, 5])
    func whole(seed: UInt64) async throws {
        let shop = try CopiedShop()
        let log = try await shop.data.write { store, writer in
            try await shop.sell(500, seed: seed, writer)
            try await writer.sell(sku("LAMP"), stock: 5)
            try await writer.accept(ReserveStock(sku: sku("LAMP"), quantity: 1), key: "known")
            _ = try await shop.copyAll(store)
            return try store.log.readEncoded(after: .start, limit: 100_000)
        }
        let (place, last) = try restored(shop)
        #expect(last == log.last?.record.position)
        try await place.write { store, writer in
            #expect(try store.log.readEncoded(after: .start, limit: 100_000).map(\.bytes) == log.map(\.bytes))
            for (record, _) in log { _ = try store.events.event(of: record) }
            try store.expectIndexToFit()
            #expect(try await writer.accept(ReserveStock(sku: sku("LAMP"), quantity: 1), key: "known").isRepeated)
            try await writer.accept(ReserveStock(sku: sku("LAMP"), quantity: 1))
        }
    }

    @Test("It ends at the position or the time that was asked for")
    func bounded() async throws {
        let shop = try CopiedShop()
        let log = try await shop.data.write { store, writer in
            try await shop.sell(100, seed: 9, writer)
            _ = try await shop.copyAll(store)
            return try store.log.readEncoded(after: .start, limit: 1_000).map(\.record)
        }
        #expect(try restored(shop, .position(.at(17))).1 == .at(17))
        #expect(try restored(shop, .position(.at(1 << 40))).1 == log.last?.position)
        let middle = log[log.count / 2]
        let through = try restored(shop, .time(middle.recordedAt)).1
        #expect(through >= middle.position)
        #expect(log.filter { $0.recordedAt <= middle.recordedAt }.last?.position == through)
        #expect(try restored(shop, .time(Timestamp(microseconds: 0))).1 == .start)
    }

    @Test("A directory that has something is left as it is")
    func occupied() async throws {
        let shop = try CopiedShop()
        try await shop.data.write { store, writer in
            try await writer.sell(sku("A"), stock: 5)
            _ = try await shop.copyAll(store)
        }
        let before = try shop.data.bytes(of: "log/data.mdb")
        let restoration = try Restoration(url: shop.url, logger: .silent)
        try await fault(.directory) { try restoration.restore(to: shop.data.path, through: .at(2)) }
        #expect(try shop.data.bytes(of: "log/data.mdb") == before)
    }

    @Test(
        "A copy that lacks a record, or has another in its place, is refused, and nothing is left behind",
        arguments: [
            "DELETE FROM events WHERE position = 3",
            "UPDATE events SET record = set_byte(record, 20, 255 - get_byte(record, 20)) WHERE position = 3",
            "UPDATE events AS e SET record = o.record FROM events AS o WHERE e.position + o.position = 7 AND e.position IN (3, 4)",
        ])
    func damaged(script: String) async throws {
        let shop = try CopiedShop()
        try await shop.data.write { store, writer in
            try await writer.sell(sku("A"), stock: 5)
            for _ in 1...3 { try await writer.accept(ReserveStock(sku: sku("A"), quantity: 1)) }
            _ = try await shop.copyAll(store)
        }
        try shop.tamper(script)
        let place = try TemporaryData()
        let restoration = try Restoration(url: shop.url, logger: .silent)
        let error = try await fault(.corrupt) { try restoration.restore(to: place.path, through: .at(5)) }
        #expect(error.message.contains("position 3"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == [])
        #expect(!FileManager.default.fileExists(atPath: place.path + ".restoring"))
    }
}
