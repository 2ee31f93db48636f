import EventStore
import Ledger
import TestSupport
import Testing

@testable import Projections

@Suite("A projection stops at its event, not before", .serialized)
struct StandingStillTests {
    @Test(
        "What stands before the event is in the rows, also where it would have been one batch, and the event is named")
    func exactly() async throws {
        try await DataDirectory().open { store, writer in
            for sku in ["A", "B", "WORSE", "D"] {
                try await writer.accept("register-product", #"{"sku":"\#(sku)","name":"\#(sku)"}"#)
            }
            let model = try ReadModel(Choosy.self, directory: store.readModelsDirectory)
            let projector = Projector(model, store: store, logger: .silent)
            do {
                try projector.catchUp()
                Issue.record("the event was passed over")
            } catch {
                #expect("\(error)".contains("3"), "the position of the event: \(error)")
            }
            #expect(try model.rows("name") == ["A", "B"])
            #expect(try model.checkpoint().position.rawValue == 2)
            #expect(model.watermark.value == 2)
        }
    }
}

@Suite("Rows which follow from the events alone", .serialized)
struct SameBytesTests {
    @Test("An open order is kept in the same bytes however often it is written")
    func openOrders() async throws {
        try await DataDirectory().open { store, writer in
            try await writer.accept(
                "register-product", #"{"sku":"A","name":"A","price":{"amount":"1","currency":"GBP"}}"#)
            try await writer.accept("receive-stock", #"{"sku":"A","location":"main","quantity":100}"#)
            for cart in 1...10 {
                try await writer.accept("add-to-cart", #"{"cart":"C\#(cart)","sku":"A","quantity":3}"#)
                try await writer.accept("place-order", #"{"cart":"C\#(cart)"}"#, at: "2026-02-03T10:00:00Z")
            }
            let model = try ReadModel(SalesProjection.self, directory: store.readModelsDirectory)
            try Projector(model, store: store, logger: .silent).catchUp()
            let entries = try model.rows("open_order").map { String($0.drop { $0 != "|" }) }
            #expect(entries.count == 10)
            #expect(Set(entries).count == 1)
        }
    }
}

@Suite("When an order is complete", .serialized)
struct CompletionTests {
    @Test(
        "An order of which nothing is left to deliver or to pay is complete, also where goods came back before they were paid"
    )
    func returnedBeforePaid() async throws {
        try await DataDirectory().open { store, writer in
            try await writer.accept(
                "register-product", #"{"sku":"A","name":"A","price":{"amount":"1","currency":"GBP"}}"#)
            try await writer.accept("receive-stock", #"{"sku":"A","location":"main","quantity":100}"#)
            try await writer.accept("add-to-cart", #"{"cart":"C","sku":"A","quantity":3}"#)
            let order =
                try await writer.accept("place-order", #"{"cart":"C"}"#).events.last { $0.type == .orderPlaced }?.stream
                .id ?? ""
            try await writer.accept("fulfil-order", #"{"order":"\#(order)"}"#)
            try await writer.accept(
                "return-items", #"{"order":"\#(order)","lines":[{"sku":"A","quantity":1}],"restock":true}"#)
            try await writer.accept(
                "record-payment", #"{"order":"\#(order)","amount":{"amount":"2","currency":"GBP"}}"#)
            let model = try ReadModel(OrdersProjection.self, directory: store.readModelsDirectory)
            try Projector(model, store: store, logger: .silent).catchUp()
            let json = try #require(try model.read { try OrdersProjection.answer(about: order, now: .now, in: $0) })
                .json
            #expect(try JSONValue(parsing: json)["status"] == "completed")
        }
    }
}
