import EventStore
import Ledger
import TestSupport
import TestTools
import Testing

@testable import Subscriptions

@Suite("Subscriptions that ask for their events", .serialized)
struct SubscriptionTests {
    private func withSubscription(
        _ types: [String] = [], _ body: (TestShop, SubscriptionStore) async throws -> Void
    ) async throws {
        try await TestShop.open { shop in
            let subscriptions = SubscriptionStore(in: shop.store.directory)
            try subscriptions.add(try Subscription(name: "billing", types: types), from: .start)
            for sku in ["A", "B", "C"] {
                try await shop.accept("register-product", #"{"sku":"\#(sku)","name":"\#(sku)"}"#)
                try await shop.accept("receive-stock", #"{"sku":"\#(sku)","location":"main","quantity":1}"#)
            }
            try await body(shop, subscriptions)
        }
    }

    private func acknowledge(_ body: String, _ shop: TestShop, name: String = "billing") async throws -> HTTPAnswer {
        let head = [
            "POST /subscriptions/\(name)/position HTTP/1.1", "Host: shop", "Content-Type: application/json",
            "Content-Length: \(body.utf8.count)",
        ]
        return try await Connection(port: shop.queries.port).answer(
            to: head.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    @Test("The same events come until they are acknowledged, and then the next ones")
    func atLeastOnce() async throws {
        try await withSubscription(["stock.received"]) { shop, _ in
            let path = "/subscriptions/billing/events?limit=2"
            for _ in 0..<2 {
                #expect(try await shop.get(path).json["items"].each("position") == [2, 4])
            }
            let taken = try await acknowledge(#"{"position":4}"#, shop)
            #expect(taken.status == 200)
            #expect(taken.json == ["position": 4])
            #expect(try await shop.get(path).json["items"].each("position") == [6])
            // Late, or a second time: it stays where it is.
            #expect(try await acknowledge(#"{"position":2}"#, shop).json == ["position": 4])
            #expect(try await acknowledge(#"{"position":6}"#, shop).json == ["position": 6])
            #expect(try await shop.get(path).json["items"] == [])
        }
    }

    @Test("What was not taken can't be acknowledged, and what is no acknowledgement is refused")
    func refused() async throws {
        try await withSubscription { shop, subscriptions in
            #expect(try await acknowledge(#"{"position":7}"#, shop).json["code"] == "position_ahead")
            for body in [#"{"position":-1}"#, #"{"position":"1"}"#, "{}", "[]", #"{"position":1,"more":2}"#] {
                let answer = try await acknowledge(body, shop)
                #expect(answer.status == 422, "\(body)")
                #expect(answer.json["code"] == "invalid_position", "\(body)")
            }
            #expect(try await acknowledge("{", shop).status == 400)
            #expect(try await acknowledge(#"{"position":1}"#, shop, name: "nobody").status == 404)
            #expect(try await shop.get("/subscriptions/nobody/events").json["code"] == "unknown_subscription")
            #expect(try await shop.get("/subscriptions/..%2F..%2Flog/events").status == 404)
            #expect(try subscriptions.progress("billing")?.position == 0)
        }
    }

    @Test("A name, a type, a stream or an address that is none is refused")
    func invalid() throws {
        for name in ["", "A", "a b", "../a", "a.b", String(repeating: "a", count: 65)] {
            #expect(throws: InvalidSubscription.self) { try Subscription(name: name) }
        }
        #expect(throws: InvalidSubscription.self) { try Subscription(name: "a", types: ["stock.vanished"]) }
        #expect(throws: InvalidSubscription.self) { try Subscription(name: "a", stream: "nothing") }
        for url in ["", "shop.example", "ftp://shop.example", "https://", "file:///etc/passwd"] {
            #expect(throws: InvalidSubscription.self) { try Subscription(name: "a", webhookURL: url) }
        }
    }

    @Test("A name is given once, and what is removed is forgotten")
    func names() throws {
        let subscriptions = SubscriptionStore(in: try DataDirectory().path)
        let one = try Subscription(name: "one")
        try subscriptions.add(one, from: Position(rawValue: 3))
        #expect(throws: InvalidSubscription.self) { try subscriptions.add(one, from: .start) }
        #expect(try subscriptions.all().map(\.name) == ["one"])
        #expect(try subscriptions.progress("one")?.position == 3)
        try subscriptions.remove("one")
        #expect(try subscriptions.all().isEmpty)
        #expect(try subscriptions.progress("one") == nil)
        #expect(throws: InvalidSubscription.self) { try subscriptions.remove("one") }
        try subscriptions.save(SubscriptionProgress(position: 4), of: "one")
        #expect(try subscriptions.progress("one") == nil, "who still delivers does not bring it back")
    }

    @Test("Waits grow twofold up to their bound, and many that fail together come back apart")
    func waits() {
        let plan = RetryPlan()
        #expect((1...5).map { plan.delay(after: $0, random: 0) } == [1, 2, 4, 8, 16].map { .seconds($0) })
        #expect(plan.delay(after: 1_000, random: 0) == .seconds(3_600))
        #expect(plan.delay(after: 3, random: 1) == .seconds(2))
    }
}
