import EventStore
import Ledger
import Postgres
import TestServers
import TestTools
import Testing

@testable import EventStore

@Suite("A copy compared with its log", .needsPostgres, .temporaryPostgres, .timeLimit(.minutes(5)))
struct ReplicaComparisonTests {
    /// What somebody did to the copy, and what is said of it.
    struct Change: CustomTestStringConvertible, Sendable {
        let script: String
        let doubts: [String]
        var testDescription: String { script }
    }

    @Test(
        "Whatever was done to a record is found, and named by its position",
        arguments: [
            Change(
                script:
                    "UPDATE events SET record = set_byte(record, 20, 255 - get_byte(record, 20)) WHERE position = 3",
                doubts: ["Position 3 of the copy is altered: its bytes are not those of the log"]),
            Change(
                script: "UPDATE events SET data = '{}' WHERE position = 4",
                doubts: [
                    "Position 4 of the copy is altered: its record is whole, but a column beside it says something else"
                ]),
            Change(
                script: "UPDATE events SET recorded_at = recorded_at - interval '1 microsecond' WHERE position = 4",
                doubts: [
                    "Position 4 of the copy is altered: its record is whole, but a column beside it says something else"
                ]),
            Change(
                script: "DELETE FROM events WHERE position = 1",
                doubts: [
                    "Position 1 of the copy is missing: the log has product.registered there",
                    "The copy: the row of stream product-A does not say where its events end",
                ]),
            Change(
                script:
                    "INSERT INTO events SELECT 99, stream, 1, type, recorded_at, effective_at, actor, key, data, record FROM events WHERE position = 1",
                doubts: [
                    "Position 99 of the copy is extra: the copy says that it ends at 5",
                    "The copy: the row of stream product-A does not say where its events end",
                ]),
            Change(
                script:
                    "UPDATE events AS e SET record = o.record FROM events AS o WHERE e.position + o.position = 7 AND e.position IN (3, 4)",
                doubts: [
                    "Position 3 of the copy is reordered: it holds the record of position 4",
                    "Position 4 of the copy is reordered: it holds the record of position 3",
                ]),
            Change(
                script: "UPDATE streams SET version = 9 WHERE stream = 'stock-A'",
                doubts: ["The copy: the row of stream stock-A does not say where its events end"]),
            Change(
                script: "UPDATE log_head SET position = 7",
                doubts: ["The copy: it says that it ends at 7, the log ends at 5"]),
        ])
    func changed(_ change: Change) async throws {
        let shop = try CopiedShop()
        try await shop.data.write { store, writer in
            try await writer.sell(sku("A"), stock: 5)
            for _ in 1...3 { try await writer.accept(ReserveStock(sku: sku("A"), quantity: 1)) }
            _ = try await shop.copyAll(store)
            #expect(try shop.doubts(store) == [])
            try shop.tamper(change.script)
            #expect(try shop.doubts(store) == change.doubts)
        }
    }

    @Test("A lost key of a person is found")
    func keys() async throws {
        let shop = try CopiedShop()
        try await shop.data.write { store, writer in
            try await writer.sell(sku("A"), stock: 5)
            try await writer.accept(AddToCart(cart: cart("c"), sku: sku("A"), quantity: 2))
            try await writer.accept(PlaceOrder(cart: cart("c"), order: order("o"), contact: SampleContacts.whole))
            _ = try await shop.copyAll(store)
            try shop.tamper("DELETE FROM person_keys")
            let doubts = try shop.doubts(store)
            #expect(doubts.count == 1)
            #expect(doubts.first?.contains("key of the person") == true)
        }
    }

    @Test("What is not copied yet is no doubt")
    func behind() async throws {
        let shop = try CopiedShop()
        try await shop.data.write { store, writer in
            try await writer.sell(sku("A"), stock: 5)
            _ = try await shop.copyAll(store)
            try await writer.accept(ReserveStock(sku: sku("A"), quantity: 1))
            #expect(try shop.doubts(store) == [])
        }
    }
}
