import TestSupport
import Testing

@Suite("The sales report", .serialized)
struct SalesTests {
    /// Two orders that stand, one cancelled, goods returned, stock adjusted, a debt written off; computed by hand below.
    private func withHistory(_ body: (TestShop) async throws -> Void) async throws {
        try await TestShop.open { shop in
            try await shop.register("LAMP", "Lamp", price: "2.55")
            try await shop.register("VASE", "Vase", price: "10")
            try await shop.register("POST", "Postage", ",\"kind\":\"charge\"")
            try await shop.receive("LAMP", 100)
            try await shop.receive("VASE", 100)
            try await shop.accept(
                "add-charge",
                #"{"cart":"C1","code":"POST","quantity":1,"unitPrice":{"amount":"3.95","currency":"GBP"}}"#)
            let first = try await shop.order("C1", [("LAMP", 3)], #","country":"France""#, at: "2026-01-31T23:59:59Z")
            _ = try await shop.order("C2", [("VASE", 2)], at: "2026-02-01T00:00:00Z")
            let third = try await shop.order("C3", [("LAMP", 1)], at: "2026-02-10T08:00:00Z")
            try await shop.accept("cancel-order", #"{"order":"\#(third)","reason":"late"}"#, at: "2026-03-11T08:00:00Z")
            try await shop.accept("fulfil-order", #"{"order":"\#(first)"}"#, at: "2026-02-12T08:00:00Z")
            try await shop.accept(
                "return-items", #"{"order":"\#(first)","lines":[{"sku":"LAMP","quantity":1}],"restock":true}"#,
                at: "2026-02-15T08:00:00Z")
            try await shop.accept(
                "record-adjustment",
                #"{"currency":"GBP","location":"main","lines":[{"code":"LAMP","delta":-2,"reason":"wet"}]}"#,
                at: "2026-02-20T08:00:00Z")
            try await shop.accept(
                "record-bad-debt", #"{"code":"POST","quantity":1,"unitPrice":{"amount":"-11062.06","currency":"GBP"}}"#,
                at: "2026-03-01T08:00:00Z")
            try await body(shop)
        }
    }

    /// `key lines quantity gross returns adjustments net`.
    private func table(_ shop: TestShop, _ question: String) async throws -> [String] {
        let answer = try await shop.ask("/reports/sales?\(question)")
        #expect(answer.status == 200, "\(answer.text)")
        return answer.json["items"].items.map(Self.row)
    }

    private static func row(_ item: JSONValue) -> String {
        let numbers = ["lines", "quantity"].map { String(item[$0].number ?? .min) }
        let amounts = ["gross", "returns", "adjustments", "net"].map { item[$0].text ?? "?" }
        return ([item["key"].text ?? "all"] + numbers + amounts).joined(separator: " ")
    }

    @Test("Orders count when they were placed, cancelled ones not at all, and other documents on their own day")
    func byMonthAndDay() async throws {
        try await withHistory { shop in
            let january = "2 4 11.60 0.00 0.00 11.60"
            let months = try await table(shop, "by=month")
            #expect(
                months == [
                    "2026-01 \(january)", "2026-02 3 -1 20.00 -2.55 0.00 17.45",
                    "2026-03 1 1 0.00 0.00 -11062.06 -11062.06",
                ])
            let days = try await table(shop, "by=day")
            #expect(
                days == [
                    "2026-01-31 \(january)", "2026-02-01 1 2 20.00 0.00 0.00 20.00",
                    "2026-02-10 0 0 0.00 0.00 0.00 0.00",
                    "2026-02-15 1 -1 0.00 -2.55 0.00 -2.55", "2026-02-20 1 -2 0.00 0.00 0.00 0.00",
                    "2026-03-01 1 1 0.00 0.00 -11062.06 -11062.06",
                ])
        }
    }

    @Test("Countries and products come with the largest first, and every report has the total of all")
    func byCountryAndProduct() async throws {
        try await withHistory { shop in
            #expect(
                try await table(shop, "by=country") == [
                    "France 3 3 11.60 -2.55 0.00 9.05", "Unspecified 3 1 20.00 0.00 -11062.06 -11042.06",
                ])
            let products = [
                "VASE 1 2 20.00 0.00 0.00 20.00", "LAMP 3 0 7.65 -2.55 0.00 5.10",
                "POST 2 2 3.95 0.00 -11062.06 -11058.11",
            ]
            #expect(try await table(shop, "by=product") == products)
            #expect(try await table(shop, "by=product&sort=net") == products.reversed())
            #expect(try await table(shop, "by=product&sort=key") == [products[1], products[2], products[0]])
            #expect(try await table(shop, "by=product&sort=-key") == [products[0], products[2], products[1]])
            #expect(try await table(shop, "by=product&sort=quantity") == [products[1], products[2], products[0]])
            #expect(try await table(shop, "by=product&sort=-quantity") == [products[0], products[2], products[1]])
            for dimension in ["month", "day", "country", "product"] {
                let report = try await shop.ask("/reports/sales?by=\(dimension)&limit=1").json
                #expect(report["by"] == .text(dimension))
                #expect(report["currency"] == "GBP")
                #expect(report["items"].items.count == 1)
                #expect(report["total"]["documents"] == 5)
                #expect(
                    report["total"]["documentsByKind"] == [
                        "orders": 2, "adjustments": 1, "creditNotes": 1, "badDebts": 1,
                    ])
                #expect(Self.row(report["total"]) == "all 6 4 31.60 -2.55 -11062.06 -11033.01")
            }
        }
    }

    @Test("Pages of every order show each item once")
    func pages() async throws {
        try await TestShop.open { shop in
            // Many with equal figures, some below zero.
            for index in 0..<11 {
                try await shop.register("P\(index)", "P", ",\"kind\":\"charge\"")
                let price = ["-1", "0.5", "2"][index % 3]
                try await shop.accept(
                    "record-bad-debt",
                    #"{"code":"P\#(index)","quantity":\#(index % 2 + 1),"unitPrice":{"amount":"\#(price)","currency":"GBP"}}"#
                )
            }
            for sort in ["key", "-key", "net", "-net", "quantity", "-quantity"] {
                let all = try await shop.pages("/reports/sales?by=product&sort=\(sort)", limit: 500)
                #expect(Set(all.compactMap { $0["key"].text }).count == 11)
                for limit in [1, 2, 5, 10, 11] {
                    #expect(
                        try await shop.pages("/reports/sales?by=product&sort=\(sort)", limit: limit) == all,
                        "\(sort) by \(limit)")
                }
            }
        }
    }

    @Test("Amounts are exact to four decimals, and each currency has a report of its own")
    func exact() async throws {
        try await TestShop.open { shop in
            try await shop.register("A", "A", price: "0.0333")
            try await shop.register("Y", "Y", price: "1234", currency: "JPY")
            try await shop.receive("A", 100)
            try await shop.receive("Y", 100)
            _ = try await shop.order("C1", [("A", 3)])
            _ = try await shop.order("C2", [("A", 1)])
            _ = try await shop.order("C3", [("Y", 2)])
            #expect(try await table(shop, "by=product") == ["A 2 4 0.1332 0.00 0.00 0.1332"])
            #expect(try await table(shop, "by=product&currency=JPY") == ["Y 1 2 2468 0 0 2468"])
            #expect(try await table(shop, "by=product&currency=EUR") == [])
        }
    }

    @Test("An empty shop has an empty report, and what can't be asked is refused")
    func refused() async throws {
        try await TestShop.open { shop in
            let empty = try await shop.ask("/reports/sales?by=month").json
            #expect(empty["items"] == [])
            #expect(Self.row(empty["total"]) == "all 0 0 0.00 0.00 0.00 0.00")
            try await shop.expectProblem(400, "missing_parameter", "/reports/sales")
            try await shop.expectProblem(400, "invalid_parameter", "/reports/sales?by=year")
            try await shop.expectProblem(400, "invalid_parameter", "/reports/sales?by=month&sort=gross")
            try await shop.expectProblem(400, "invalid_parameter", "/reports/sales?by=month&cursor=x")
            try await shop.expectProblem(400, "unknown_parameter", "/reports/sales?by=month&year=2026")
        }
    }
}
