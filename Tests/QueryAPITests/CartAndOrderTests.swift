import EventStore
import Ledger
import TestSupport
import Testing

@Suite("Carts and orders", .serialized)
struct CartAndOrderTests {
    private func withGoods(_ body: (TestShop) async throws -> Void) async throws {
        try await TestShop.open { shop in
            try await shop.register("LAMP", "Lamp", price: "2.555")
            try await shop.register("VASE", "Vase", price: "10")
            try await shop.register("POST", "Postage", ",\"kind\":\"charge\"")
            try await shop.receive("LAMP", 1_000)
            try await shop.receive("VASE", 1_000)
            try await body(shop)
        }
    }

    @Test("A cart shows its lines at the prices at which they were put in, and a total which is rounded once")
    func cart() async throws {
        try await withGoods { shop in
            try await shop.accept("add-to-cart", #"{"cart":"C","sku":"LAMP","quantity":1}"#)
            try await shop.accept("change-price", #"{"sku":"LAMP","price":{"amount":"3","currency":"GBP"}}"#)
            try await shop.accept("add-to-cart", #"{"cart":"C","sku":"LAMP","quantity":2}"#)
            try await shop.accept(
                "add-to-cart",
                #"{"cart":"C","sku":"VASE","quantity":1,"quotedPrice":{"amount":"9.0001","currency":"GBP"}}"#)
            try await shop.accept(
                "add-charge",
                #"{"cart":"C","code":"POST","label":"Express","quantity":1,"unitPrice":{"amount":"3.95","currency":"GBP"}}"#
            )
            let answer = try await shop.ask("/carts/C")
            #expect(answer.headers["etag"] == "\"4\"")
            #expect(
                answer.json == [
                    "id": "C", "status": "open", "order": nil, "version": 4,
                    "lines": [
                        [
                            "sku": "LAMP", "name": "Lamp", "quantity": 1, "unitPrice": .gbp("2.555"),
                            "total": .gbp("2.555"),
                        ],
                        [
                            "sku": "LAMP", "name": "Lamp", "quantity": 2, "unitPrice": .gbp("3.00"),
                            "total": .gbp("6.00"),
                        ],
                        [
                            "sku": "VASE", "name": "Vase", "quantity": 1, "unitPrice": .gbp("9.0001"),
                            "total": .gbp("9.0001"),
                        ],
                    ],
                    "charges": [
                        [
                            "code": "POST", "name": "Express", "quantity": 1, "unitPrice": .gbp("3.95"),
                            "total": .gbp("3.95"),
                        ]
                    ],
                    // 2.555 + 6 + 9.0001 + 3.95 = 21.5051
                    "total": .gbp("21.51"),
                ])
            try await shop.accept("change-cart-quantity", #"{"cart":"C","sku":"LAMP","quantity":5}"#)
            try await shop.accept("remove-from-cart", #"{"cart":"C","sku":"VASE"}"#)
            let changed = try await shop.ask("/carts/C").json
            #expect(changed["lines"].each("quantity") == [5])
            #expect(changed["lines"].each("unitPrice") == [.gbp("2.555")])
            // 12.775 + 3.95 = 16.725, half up.
            #expect(changed["total"] == .gbp("16.73"))
            let order = try await shop.accept("place-order", #"{"cart":"C"}"#).shown.id
            let ordered = try await shop.ask("/carts/C").json
            #expect(ordered["status"] == "ordered")
            #expect(ordered["order"] == .text(order))
            #expect(try await shop.ask("/orders/\(order)").json["total"] == ordered["total"])
            try await shop.expectProblem(404, "unknown_cart", "/carts/D")
        }
    }

    @Test("An empty cart has no total")
    func emptyCart() async throws {
        try await withGoods { shop in
            try await shop.accept("add-to-cart", #"{"cart":"C","sku":"LAMP","quantity":1}"#)
            try await shop.accept("remove-from-cart", #"{"cart":"C","sku":"LAMP"}"#)
            #expect(
                try await shop.ask("/carts/C").json
                    == [
                        "id": "C", "status": "open", "order": nil, "version": 2, "lines": [], "charges": [],
                        "total": nil,
                    ])
        }
    }

    @Test("An order tells its whole life: placed, paid, delivered in parts, returned")
    func life() async throws {
        try await withGoods { shop in
            let order = try await shop.order(
                "C", [("LAMP", 2), ("VASE", 1)],
                """
                ,"reference":"INV-1","customer":"ann","email":"ann@example.org","shippingAddress":{"name":"Ann Lee",
                "line1":"1 High St","city":"Paris","postcode":"75001","country":"France"}
                """, at: "2026-01-31T23:59:59Z")
            let placed = try await shop.ask("/orders/\(order)").json
            #expect(
                placed.without("lines") == [
                    "id": .text(order), "number": "1", "reference": "INV-1", "cart": "C",
                    "placedAt": "2026-01-31T23:59:59Z",
                    "customer": "ann", "country": "France", "email": "ann@example.org",
                    "shippingAddress": [
                        "name": "Ann Lee", "line1": "1 High St", "line2": nil, "city": "Paris", "region": nil,
                        "postcode": "75001", "country": "France",
                    ], "charges": [], "total": .gbp("15.11"), "rounding": "half-up", "status": "placed",
                    "paymentStatus": "unpaid", "fulfilmentStatus": "unfulfilled", "cancelledBecause": nil,
                    "paid": .gbp("0.00"),
                    "refunded": .gbp("0.00"), "payments": [], "returns": [], "changedAt": "2026-01-31T23:59:59Z",
                    "version": 1,
                ])
            #expect(placed["lines"].each("total") == [.gbp("5.11"), .gbp("10.00")])
            try await expect(
                shop, order, after: "record-payment", #""amount":{"amount":"5.11","currency":"GBP"}"#,
                "placed partiallyPaid unfulfilled")
            try await expect(
                shop, order, after: "fulfil-order", #""lines":[{"sku":"LAMP","quantity":1}]"#,
                "placed partiallyPaid partiallyFulfilled")
            try await expect(
                shop, order, after: "record-payment", #""amount":{"amount":"10","currency":"GBP"},"method":"card""#,
                "placed paid partiallyFulfilled")
            try await expect(shop, order, after: "fulfil-order", nil, "completed paid fulfilled")
            try await expect(
                shop, order, after: "return-items", #""lines":[{"sku":"VASE","quantity":1}],"restock":true"#,
                "completed partiallyRefunded fulfilled")
            try await expect(
                shop, order, after: "return-items", #""lines":[{"sku":"LAMP","quantity":2}],"restock":false"#,
                "completed refunded returned")
            let end = try await shop.ask("/orders/\(order)").json
            #expect(end["paid"] == .gbp("15.11"))
            #expect(end["refunded"] == .gbp("15.11"))
            #expect(end["payments"].each("amount") == [.gbp("5.11"), .gbp("10.00")])
            #expect(end["payments"].each("method") == [nil, "card"])
            #expect(end["returns"].each("refund") == [.gbp("10.00"), .gbp("5.11")])
            #expect(end["returns"][1]["lines"] == [["sku": "LAMP", "quantity": 2]])
        }
    }

    private func expect(
        _ shop: TestShop, _ order: String, after command: String, _ body: String?, _ statuses: String,
        _ place: SourceLocation = #_sourceLocation
    ) async throws {
        try await shop.accept(command, #"{"order":"\#(order)"\#(body.map { "," + $0 } ?? "")}"#)
        let answer = try await shop.ask("/orders/\(order)")
        let shown = ["status", "paymentStatus", "fulfilmentStatus"].compactMap { answer.json[$0].text }
        #expect(shown.joined(separator: " ") == statuses, sourceLocation: place)
        #expect(answer.headers["etag"] == "\"\(answer.json["version"].number ?? 0)\"", sourceLocation: place)
    }

    @Test("A cancelled order says why, and its stock is free again")
    func cancelled() async throws {
        try await withGoods { shop in
            let order = try await shop.order("C", [("LAMP", 1_000)])
            #expect(try await shop.ask("/stock/LAMP").json["available"] == 0)
            try await shop.accept("record-payment", #"{"order":"\#(order)","amount":{"amount":"2","currency":"GBP"}}"#)
            try await shop.accept("cancel-order", #"{"order":"\#(order)","reason":"say \"no\""}"#)
            let shown = try await shop.ask("/orders/\(order)").json
            #expect(shown["status"] == "cancelled")
            #expect(shown["cancelledBecause"] == "say \"no\"")
            #expect(shown["refunded"] == .gbp("2.00"))
            #expect(try await shop.ask("/stock/LAMP").json["available"] == 1_000)
            try await shop.expectProblem(404, "unknown_order", "/orders/GHOST")
        }
    }

    @Test("Orders are listed newest first, each once, also where many were placed at one instant")
    func list() async throws {
        try await withGoods { shop in
            var orders: [String] = []
            for index in 0..<9 {
                let day = index < 6 ? "2026-01-0\(index / 3 + 1)" : "2025-12-31"
                orders.append(
                    try await shop.order(
                        "C\(index)", [("LAMP", 1)],
                        #","customer":"customer-\#(index % 2)","reference":"INV-\#(index)""#,
                        at: "\(day)T12:00:00Z"))
            }
            try await shop.accept("cancel-order", #"{"order":"\#(orders[4])","reason":"late"}"#)
            let newestFirst = [5, 4, 3, 2, 1, 0, 8, 7, 6].map { orders[$0] }
            for limit in [1, 2, 4, 9, 500] {
                #expect(try await shop.pages("/orders", limit: limit).compactMap { $0["id"].text } == newestFirst)
            }
            let expected: KeyValuePairs<String, [Int]> = [
                "customer=customer-1": [5, 3, 1, 7], "customer=nobody": [], "status=cancelled": [4],
                "reference=INV-7": [7],
                "status=placed&customer=customer-0": [2, 0, 8, 6], "from=2026-01-02T12:00:00Z": [5, 4, 3],
                "to=2026-01-01T12:00:00Z": [8, 7, 6],
                "from=2026-01-01T12:00:00Z&to=2026-01-01T12:00:00.000001Z": [2, 1, 0],
                "from=2026-01-01T13:00:00%2B01:00&to=2026-01-02T00:00:00Z": [2, 1, 0], "status=completed": [],
            ]
            for (filter, found) in expected {
                let pages = try await shop.pages("/orders?\(filter)", limit: 2)
                #expect(pages.compactMap { $0["id"].text } == found.map { orders[$0] }, "\(filter)")
            }
            let one = try await shop.ask("/orders?reference=INV-7").json["items"][0]
            #expect(try await one == shop.ask("/orders/\(orders[7])").json, "a list shows what the order shows")
            for wrong in ["status=open", "from=yesterday", "to=2026-01-01", "cursor=x", "limit=0"] {
                try await shop.expectProblem(400, "invalid_parameter", "/orders?\(wrong)")
            }
            try await shop.expectProblem(400, "unknown_parameter", "/orders?email=ann@example.org")
        }
    }
}
