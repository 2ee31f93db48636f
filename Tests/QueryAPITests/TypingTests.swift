import TestSupport
import Testing

@Suite("Search while a shopper types", .serialized)
struct TypingTests {
    private func skus(_ answer: HTTPAnswer) -> [String] { answer.json["hits"].each("sku").compactMap(\.text) }

    @Test("A product with the word itself comes before one whose word only begins like it")
    func exactFirst() async throws {
        try await TestShop.open { shop in
            try await shop.register("SHADE", "Lampshade", price: "1")
            try await shop.register("LAMP", "Small lamp of glass and iron for the garden table", price: "1")
            for index in 0..<20 { try await shop.register("X\(index)", "Something else \(index)") }
            #expect(skus(try await shop.ask("/search?q=lamp")) == ["LAMP", "SHADE"])
            #expect(skus(try await shop.ask("/search?q=garden%20lamp")) == ["LAMP", "SHADE"])
        }
    }

    @Test("A product is found after every letter of its name")
    func everyLetter() async throws {
        try await TestShop.open { shop in
            let names = [
                "Christmas decorations", "Vintage billboard", "Wooden rocking horses", "Relaxation candles",
                "Happiness",
            ]
            for (index, name) in names.enumerated() { try await shop.register("S\(index)", name, price: "1") }
            for index in 0..<20 { try await shop.register("X\(index)", "Zzz \(index)") }
            for (index, name) in names.enumerated() {
                for word in name.split(separator: " ") {
                    for length in 2...word.count {
                        let found = skus(try await shop.ask("/search?q=\(word.prefix(length))"))
                        #expect(found.contains("S\(index)"), "\(word.prefix(length))")
                    }
                }
            }
        }
    }

    @Test("An apostrophe does not make a search for everything that begins with s")
    func apostrophe() async throws {
        try await TestShop.open { shop in
            try await shop.register("P", "Poppy's playhouse", price: "1")
            try await shop.register("S", "Star candle", price: "1")
            for index in 0..<20 { try await shop.register("X\(index)", "Other things \(index)") }
            #expect(skus(try await shop.ask("/search?q=poppy%27s")) == ["P"])
            #expect(skus(try await shop.ask("/search?q=poppy%E2%80%99s")) == ["P"])
        }
    }
}
