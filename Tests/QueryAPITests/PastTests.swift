import EventStore
import Ledger
import TestSupport
import Testing

@Suite("Questions about the past", .serialized)
struct PastTests {
    /// A lamp, of which two are ordered and one is paid; returns the order.
    private func withOrder(_ body: (TestShop, _ order: String) async throws -> Void) async throws {
        try await TestShop.open { shop in
            try await shop.register("LAMP", "Lamp", price: "2.50")
            try await shop.receive("LAMP", 10)
            let order = try await shop.order("C", [("LAMP", 2)])
            try await shop.accept("change-price", #"{"sku":"LAMP","price":{"amount":"3","currency":"GBP"}}"#)
            try await shop.accept(
                "record-payment",
                #"{"order":"\#(order)","amount":{"amount":"5","currency":"GBP"},"method":"card"}"#,
                at: "2026-02-01T10:00:00Z")
            try await body(shop, order)
        }
    }

    @Test("Cart, order, product and stock are answered as of any position, and as of now as of the newest")
    func positions() async throws {
        try await withOrder { shop, order in
            let head = shop.store.log.headPosition
            for path in ["/carts/C", "/orders/\(order)", "/stock/LAMP", "/catalog/products/LAMP"] {
                let (now, newest) = (try await shop.ask(path), try await shop.get("\(path)?at=\(head)"))
                #expect(newest.status == 200, "\(newest.text)")
                #expect(newest.body == now.body)
                #expect(newest.headers["etag"] == now.headers["etag"])
                #expect(newest.headers["daybook-position"] == head.description)
            }
            // 1 registered, 2 received, 3 in the cart; then ordered.
            let before = try await shop.get("/stock/LAMP?at=2")
            #expect(before.json["available"] == 10)
            #expect(before.headers["etag"] == "\"1\"")
            #expect(before.headers["daybook-position"] == "2")
            #expect(try await shop.get("/carts/C?at=3").json["status"] == "open")
            #expect(try await shop.get("/catalog/products/LAMP?at=3").json["price"] == .gbp("2.50"))
            #expect(try await shop.get("/catalog/products/LAMP?at=3").json["stock"]["available"] == 10)
            #expect(try await shop.get("/orders/\(order)?at=\(head.rawValue - 1)").json["paymentStatus"] == "unpaid")
        }
    }

    @Test("A time means what was recorded by then")
    func times() async throws {
        try await withOrder { shop, order in
            for position in 1...shop.store.log.headPosition.rawValue {
                let record = try #require(try shop.store.log.record(at: Position(rawValue: position)))
                let answer = try await shop.get("/catalog/products/LAMP?at=\(record.recordedAt)")
                let place = try #require(UInt64(answer.headers["daybook-position"] ?? ""))
                #expect(place >= position, "what was recorded in the same instant is there as well")
                #expect(answer.body == (try await shop.get("/catalog/products/LAMP?at=\(place)")).body)
            }
            try await shop.expectProblem(404, "unknown_product", "/catalog/products/LAMP?at=2020-01-01T00:00:00Z")
        }
    }

    @Test("What did not exist then is not found, and what is no place in the past is a bad request")
    func problems() async throws {
        try await withOrder { shop, order in
            try await shop.expectProblem(404, "unknown_order", "/orders/\(order)?at=3")
            try await shop.expectProblem(404, "unknown_order", "/orders/\(order)/history?at=3")
            try await shop.expectProblem(404, "unknown_cart", "/carts/NONE?at=3")
            try await shop.expectProblem(404, "unknown_stock", "/stock/LAMP?at=1")
            try await shop.expectProblem(404, "unknown_stock", "/stock/LAMP/why?at=1")
            try await shop.expectProblem(404, "unknown_stock", "/stock/NONE/why")
            try await shop.expectProblem(404, "unknown_stock", "/stock/LAMP?at=0")
            try await shop.expectProblem(400, "at_ahead", "/stock/LAMP?at=1000")
            try await shop.expectProblem(400, "at_ahead", "/stock/LAMP?at=2999-01-01T00:00:00Z")
            try await shop.expectProblem(400, "invalid_parameter", "/stock/LAMP?at=yesterday")
            try await shop.expectProblem(400, "invalid_parameter", "/stock/LAMP?at=-1")
            try await shop.expectProblem(400, "invalid_parameter", "/stock/LAMP/history?limit=0")
            try await shop.expectProblem(400, "invalid_parameter", "/stock/LAMP/why?cursor=x")
            try await shop.expectProblem(400, "unknown_parameter", "/stock/LAMP?on=3")
        }
    }

    @Test("A history has every event of a thing with actor, both times, and what it changed")
    func history() async throws {
        try await withOrder { shop, order in
            let answer = try await shop.ask("/orders/\(order)/history")
            #expect(answer.json["items"].each("type") == ["order.placed", "order.paid"])
            let paid = answer.json["items"][1]
            #expect(paid["actor"] == "test")
            #expect(paid["effectiveAt"] == "2026-02-01T10:00:00Z")
            #expect(paid["recordedAt"].text?.hasPrefix("2026-02-01T10") == false)
            #expect(paid["version"] == 2)
            let at = Dictionary(uniqueKeysWithValues: paid["changes"].items.map { ($0["at"].text ?? "", $0) })
            #expect(at.keys.sorted() == ["/paid/amount", "/paymentStatus", "/payments/0"])
            #expect(at["/paymentStatus"] == ["at": "/paymentStatus", "before": "unpaid", "after": "paid"])
            #expect(at["/payments/0"]?.names == ["at", "after"], "there was none before")
            #expect(answer.json["next"] == nil)

            let first = try await shop.ask("/orders/\(order)/history?limit=1").json
            #expect(first["items"] == [answer.json["items"][0]])
            #expect(first["next"] == "1")
            #expect(try await shop.ask("/orders/\(order)/history?after=1").json["items"] == [paid])
            let price = try await shop.ask("/catalog/products/LAMP/history?after=1").json["items"]
            #expect(price[0]["changes"] == [["at": "/price/amount", "before": "2.50", "after": "3.00"]])
            #expect(
                try await shop.ask("/carts/C/history").json["items"].each("type") == [
                    "cart.line-added", "cart.ordered",
                ])
        }
    }

    @Test("Why there are so many: every movement with what there was behind it, and where all of it came from")
    func why() async throws {
        try await withOrder { shop, order in
            try await shop.accept("fulfil-order", #"{"order":"\#(order)"}"#)
            try await shop.accept("adjust-stock", #"{"sku":"LAMP","location":"main","delta":-1,"reason":"broken"}"#)
            let (why, stock) = (try await shop.ask("/stock/LAMP/why").json, try await shop.ask("/stock/LAMP").json)
            for name in ["sku", "onHand", "reserved", "available", "accounts", "version"] {
                #expect(why[name] == stock[name], "\(name)")
            }
            #expect(
                why["items"].items.map {
                    "\($0["type"].text ?? "") \($0["onHand"].number ?? -1) \($0["reserved"].number ?? -1)"
                }
                    == ["stock.adjusted 7 0", "stock.shipped 8 0", "stock.reserved 10 2", "stock.received 10 0"])
            for limit in 1...5 {
                #expect(
                    try await shop.pages("/stock/LAMP/why", limit: limit) == why["items"].items, "pages of \(limit)")
            }
            let then = try await shop.get("/stock/LAMP/why?at=2").json
            #expect(then["onHand"] == 10)
            #expect(then["items"].each("type") == ["stock.received"])
        }
    }

    @Test("Why counts a reservation that ended by the clock as available, and says so")
    func whyExpired() async throws {
        try await TestShop.open { shop in
            try await shop.register("LAMP", "Lamp")
            try await shop.receive("LAMP", 5)
            let over = StockItem.Reservation(
                allocations: [.init(location: Location(trusted: "main"), quantity: 3)], order: nil,
                expiresAt: Timestamp("2020-01-01T00:00:00Z"))
            try await shop.writer.accept(
                Scripted([
                    StreamEvent(.stock(SKU(trusted: "LAMP")), .stock(.reserved(ReservationID(trusted: "OLD"), over)))
                ]))
            let why = try await shop.ask("/stock/LAMP/why").json
            #expect(why["available"] == 5)
            #expect(why["items"][0]["available"] == 2, "by the movements alone")
            #expect(
                why["expired"] == [
                    ["reservation": "OLD", "location": "main", "quantity": 3, "expiredAt": "2020-01-01T00:00:00Z"]
                ])
        }
    }
}
