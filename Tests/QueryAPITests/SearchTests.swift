import TestSupport
import Testing

@Suite("Search", .serialized)
struct SearchTests {
    /// A shop with a dozen products, as different as their words.
    private func withGoods(_ body: (TestShop) async throws -> Void) async throws {
        try await TestShop.open { shop in
            try await shop.register(
                "85123A", "White hanging heart T-light holder", price: "2.55",
                #","brand":"Hearts","categories":["Home","Lights"]"#)
            try await shop.register(
                "71053", "White metal lantern", price: "3.39", #","brand":"Acme","categories":["Garden","Lights"]"#)
            try await shop.register(
                "84406B", "Cream cupid hearts coat hanger", price: "2.75", #","brand":"Acme","categories":["Home"]"#)
            try await shop.register(
                "22752", "Set of 7 babushka nesting boxes", price: "7.65", #","otherNames":["Matryoshka dolls"]"#)
            try await shop.register(
                "21730", "Glass star frosted T-light holder", price: "4.25", #","categories":["Home","Lights"]"#)
            try await shop.register(
                "22633", "Hand warmer Union Jack", price: "1.85", #","description":"Warms white hands""#)
            for (index, name) in [
                "Poppy's playhouse", "Jam making set", "Knitting nancy", "Building blocks", "Café crème jug",
            ].enumerated() {
                try await shop.register("Z\(index)", name, price: "\(index + 1)")
            }
            try await shop.register("POST", "White postage", ",\"kind\":\"charge\"")
            try await shop.receive("85123A", 5)
            try await body(shop)
        }
    }

    private func skus(_ answer: HTTPAnswer) -> [String] { answer.json["hits"].each("sku").compactMap(\.text) }

    @Test("A hit is answered with what a list of results shows")
    func hit() async throws {
        try await withGoods { shop in
            let answer = try await shop.ask("/search?q=hanging%20heart")
            #expect(answer.status == 200)
            #expect(answer.json.names == ["hits", "facets", "next", "tookMs"])
            let hit = answer.json["hits"][0]
            #expect(
                hit.without("score") == [
                    "sku": "85123A", "name": "White hanging heart T-light holder", "brand": "Hearts",
                    "price": .gbp("2.55"),
                    "inStock": true,
                ])
            guard case .decimal(let score) = hit["score"] else {
                Issue.record("no score")
                return
            }
            #expect(score > 0)
            #expect(answer.json["facets"] == [:])
            #expect(answer.json["next"] == nil)
        }
    }

    @Test("Products with more of the words come first, and a name counts more than a description")
    func ranking() async throws {
        try await withGoods { shop in
            #expect(skus(try await shop.ask("/search?q=white%20hanging%20heart")).first == "85123A")
            #expect(skus(try await shop.ask("/search?q=metal%20lantern")) == ["71053"])
            let white = skus(try await shop.ask("/search?q=white"))
            #expect(Set(white) == ["85123A", "71053", "22633"], "a charge is never found")
            #expect(white.last == "22633")
            #expect(skus(try await shop.ask("/search?q=matryoshka")) == ["22752"], "another name")
            #expect(skus(try await shop.ask("/search?q=85123A")) == ["85123A"], "a SKU")
            #expect(skus(try await shop.ask("/search?q=85123a")) == ["85123A"], "a SKU in small letters")
        }
    }

    @Test("Words are found in other forms, in any case, without their accents, and by the beginning of the last")
    func forms() async throws {
        try await withGoods { shop in
            let expected: KeyValuePairs<String, Set<String>> = [
                "LANTERNS": ["71053"], "cafe": ["Z4"], "caf%C3%A9": ["Z4"], "creme%20jug": ["Z4"], "babush": ["22752"],
                "knit": ["Z2"], "knitted": ["Z2"], "hang": ["85123A", "84406B"], "babush%20": [], "lan": ["71053"],
            ]
            for (question, found) in expected {
                let hits = skus(try await shop.ask("/search?q=\(question)"))
                #expect(Set(hits) == found, "\(question)")
            }
        }
    }

    @Test("Quotes, operators and whatever else a shopper types are words or nothing")
    func odd() async throws {
        try await withGoods { shop in
            for question in Self.oddQuestions {
                let answer = try await shop.ask("/search?q=\(question)&facets=brand,category")
                #expect(answer.status == 200, "\(question): \(answer.text)")
                #expect(answer.json.names == ["hits", "facets", "next", "tookMs"], "\(question)")
            }
        }
    }

    private static let oddQuestions = [
        "%22", "%22white", "white%22%20OR%20%22", "white*", "*", "(white", "white%20AND", "NOT%20white", "AND",
        "OR", "NEAR(white%20metal)",
        "name:white", "-white", "%5Ewhite", "%7Bname%7D%3A%20white", "%27%3B%20DROP%20TABLE%20product%3B--", "%00",
        "white%00metal", "%F0%9F%98%80",
        "%F0%9F%91%A9%F0%9F%8F%BD%E2%80%8D%F0%9F%9A%80%20white", "%E6%9D%B1%E4%BA%AC", "%FF%FE", "%", "%zz",
        "e%CC%81", "%C2%BD", "%E2%91%A0",
    ]

    @Test("A very long question is answered, and one that is too long refused")
    func long() async throws {
        try await withGoods { shop in
            let words = Array(repeating: "white", count: 166).joined(separator: "%20")
            #expect(Set(skus(try await shop.ask("/search?q=\(words)"))) == ["85123A", "71053", "22633"])
            let word = String(repeating: "w", count: 1_000)
            #expect(skus(try await shop.ask("/search?q=\(word)")).isEmpty)
            try await shop.expectProblem(400, "invalid_parameter", "/search?q=\(word)w")
        }
    }

    @Test("Facets count all that is found, whatever the page, and filters narrow both")
    func facets() async throws {
        try await withGoods { shop in
            let all = try await shop.ask("/search?q=white%20holder%20hanger&facets=brand,category&limit=1").json
            #expect(all["hits"].items.count == 1)
            #expect(
                all["facets"] == [
                    "brand": [["value": "Acme", "count": 2], ["value": "Hearts", "count": 1]],
                    "category": [
                        ["value": "Home", "count": 3], ["value": "Lights", "count": 3],
                        ["value": "Garden", "count": 1],
                    ],
                ])
            let lights = try await shop.ask("/search?q=white%20holder%20hanger&facets=brand&category=Lights&maxPrice=4")
                .json
            #expect(Set(lights["hits"].each("sku").compactMap(\.text)) == ["85123A", "71053"])
            #expect(lights["facets"] == ["brand": [["value": "Acme", "count": 1], ["value": "Hearts", "count": 1]]])
            #expect(skus(try await shop.ask("/search?q=white&inStock=true")) == ["85123A"])
            #expect(skus(try await shop.ask("/search?q=white&brand=Acme")) == ["71053"])
            #expect(try await shop.ask("/search?q=%22&facets=brand").json["facets"] == ["brand": []])
        }
    }

    @Test("Pages show each hit once, in order, also where many are equally good")
    func pages() async throws {
        try await TestShop.open { shop in
            for index in 0..<23 {
                try await shop.register("T\(index)", index % 3 == 0 ? "Teapot teapot" : "Teapot", price: "1")
            }
            for index in 0..<30 { try await shop.register("X\(index)", "Something else") }
            let all = try await shop.pages("/search?q=teapot", limit: 500, items: "hits")
            #expect(Set(all.compactMap { $0["sku"].text }).count == 23)
            for limit in [1, 4, 22, 23] {
                #expect(try await shop.pages("/search?q=teapot", limit: limit, items: "hits") == all)
            }
        }
    }

    @Test("What can't be asked is refused")
    func refused() async throws {
        try await TestShop.open { shop in
            try await shop.expectProblem(400, "missing_parameter", "/search")
            try await shop.expectProblem(400, "missing_parameter", "/search?q=")
            for wrong in ["facets=colour", "cursor=x", "limit=0", "minPrice=x"] {
                try await shop.expectProblem(400, "invalid_parameter", "/search?q=a&\(wrong)")
            }
            try await shop.expectProblem(400, "unknown_parameter", "/search?q=a&sort=price")
        }
    }
}
