import TestSupport
import Testing

@Suite("Names in paths and parameters", .serialized)
struct PathTests {
    /// Everything that a name may have and a URL may not.
    private static let skus = [
        "BANK CHARGES", "A/B", "50%", "a+b", "q?x=1", "#1", "[x]", "%20", "a;b=c", "\u{7E}tilde",
    ]

    @Test("What a command names is found where its Location points, whatever letters the name has", arguments: skus)
    func location(_ sku: String) async throws {
        try await TestShop.open { shop in
            let registered = try await shop.command(
                "register-product", #"{"sku":"\#(sku)","name":"Odd","price":{"amount":"1","currency":"GBP"}}"#)
            let received = try await shop.command("receive-stock", #"{"sku":"\#(sku)","location":"main","quantity":3}"#)
            let put = try await shop.command("add-to-cart", #"{"cart":"\#(sku)","sku":"\#(sku)","quantity":1}"#)
            for (answer, name) in [(registered, "sku"), (received, "sku"), (put, "id")] {
                let url = try #require(answer.headers["location"])
                let path = String(url.dropFirst("http://127.0.0.1:\(shop.queries.port)".count))
                let shown = try await shop.ask(path)
                #expect(shown.status == 200, "\(path): \(shown.text)")
                #expect(shown.json[name] == .text(sku))
            }
        }
    }

    @Test("The movements and the events of such a name are found too")
    func below() async throws {
        try await TestShop.open { shop in
            try await shop.register("BANK CHARGES", "Odd", price: "1")
            try await shop.receive("BANK CHARGES", 3)
            #expect(try await shop.ask("/stock/BANK%20CHARGES/movements").json["items"].items.count == 1)
            #expect(try await shop.get("/streams/stock-BANK%20CHARGES").json["items"].items.count == 1)
            #expect(try await shop.get("/events?stream=stock-BANK%20CHARGES").json["items"].items.count == 1)
        }
    }

    @Test("A plus sign between words is a space, as forms and URLSearchParams write it")
    func plus() async throws {
        try await TestShop.open { shop in
            try await shop.register("A", "A", price: "1", #","brand":"B & C","categories":["Home Garden"]"#)
            try await shop.register("B", "B", price: "1", #","brand":"1+1""#)
            #expect(try await shop.ask("/catalog/products?brand=B+%26+C").json["items"].each("sku") == ["A"])
            #expect(try await shop.ask("/catalog/products?category=Home+Garden").json["items"].each("sku") == ["A"])
            #expect(try await shop.ask("/catalog/products?brand=1%2B1").json["items"].each("sku") == ["B"])
        }
    }
}
