import EventStore
import Ledger
import TestSupport
import Testing

@Suite("Stock", .serialized)
struct StockTests {
    @Test("Stock shows how many there are, where, and every movement that made it so")
    func stock() async throws {
        try await TestShop.open { shop in
            try await shop.register("LAMP", "Lamp", price: "1")
            try await shop.receive("LAMP", 5)
            try await shop.receive("LAMP", 7, at: "attic")
            try await shop.accept("adjust-stock", #"{"sku":"LAMP","location":"main","delta":-2,"reason":"broken"}"#)
            let order = try await shop.order("C", [("LAMP", 8)])
            try await shop.accept("fulfil-order", #"{"order":"\#(order)","lines":[{"sku":"LAMP","quantity":7}]}"#)
            let answer = try await shop.ask("/stock/LAMP")
            #expect(answer.headers["etag"] == "\"\(answer.json["version"].number ?? 0)\"")
            #expect(
                answer.json == [
                    "sku": "LAMP", "onHand": 3, "reserved": 1, "available": 2,
                    "locations": [
                        ["location": "attic", "onHand": 0, "reserved": 0, "available": 0],
                        ["location": "main", "onHand": 3, "reserved": 1, "available": 2],
                    ], "accounts": ["lost": 2, "shipped": 7, "supplier": -12], "version": 7,
                ])
            try await expectMovements(shop, order)
            try await shop.expectProblem(404, "unknown_stock", "/stock/VASE")
            try await shop.expectProblem(404, "unknown_stock", "/stock/VASE/movements")
            try await shop.expectProblem(400, "invalid_parameter", "/stock/LAMP/movements?cursor=x")
            try await shop.expectProblem(400, "unknown_parameter", "/stock/LAMP/movements?location=main")
            try await shop.register("VASE", "Vase", price: "1")
            for _ in 1...2 { try await shop.receive("VASE", 1) }
            let ofAnother = try await shop.ask("/stock/VASE/movements?limit=1").json["next"].text ?? ""
            try await shop.expectProblem(400, "invalid_parameter", "/stock/LAMP/movements?cursor=\(ofAnother)")
        }
    }

    private func expectMovements(_ shop: TestShop, _ order: String) async throws {
        let all = try await shop.pages("/stock/LAMP/movements", limit: 500)
        #expect(
            all.map {
                "\($0["from"].text ?? "") \($0["to"].text ?? "") \($0["quantity"].number ?? 0) \($0["cause"].text ?? "-")"
            } == [
                "available:main reserved:main 1 \(order)", "reserved:attic shipped 7 \(order)",
                "reserved:main available:main 1 \(order)",
                "available:main reserved:main 1 \(order)", "available:attic reserved:attic 7 \(order)",
                "available:main lost 2 broken", "supplier available:attic 7 -", "supplier available:main 5 -",
            ])
        for limit in 1...8 {
            #expect(try await shop.pages("/stock/LAMP/movements", limit: limit) == all, "pages of \(limit)")
        }
    }

    @Test("A reservation counts as available from the instant it expires, written down or not")
    func expired() async throws {
        try await TestShop.open { shop in
            try await shop.register("LAMP", "Lamp", price: "1")
            try await shop.receive("LAMP", 5)
            try await shop.accept("reserve-stock", #"{"sku":"LAMP","quantity":1,"expiresInSeconds":2592000}"#)
            let past = StockItem.Reservation(
                allocations: [.init(location: Location(trusted: "main"), quantity: 3)], order: nil,
                expiresAt: Timestamp("2020-01-01T00:00:00Z"))
            let reserved = StreamEvent(
                .stock(SKU(trusted: "LAMP")), .stock(.reserved(ReservationID(trusted: "OLD"), past)))
            try await shop.writer.accept(Scripted([reserved]))
            let shown = try await shop.ask("/stock/LAMP").json
            #expect(shown["available"] == 4)
            #expect(shown["reserved"] == 1)
            #expect(shown["onHand"] == 5)
            #expect(shown["locations"] == [["location": "main", "onHand": 5, "reserved": 1, "available": 4]])
            // What is shown as available can be had.
            try await shop.accept("reserve-stock", #"{"sku":"LAMP","quantity":4}"#)
            #expect(try await shop.ask("/stock/LAMP").json["available"] == 0)
        }
    }
}
