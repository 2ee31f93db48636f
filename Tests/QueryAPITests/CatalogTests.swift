import TestSupport
import Testing

@Suite("The catalog", .serialized)
struct CatalogTests {
    @Test("A product is answered with everything that is known of it, its price and its stock")
    func product() async throws {
        try await TestShop.open { shop in
            try await shop.register(
                "15056BL", "Edwardian parasol", price: "5.95",
                """
                ,"description":"Black","brand":"Ed","categories":["Garden","Shade"],
                "attributes":{"size":"L","colour":"black"},"otherNames":["PARASOL"]
                """)
            try await shop.receive("15056BL", 4)
            let answer = try await shop.ask("/catalog/products/15056BL")
            #expect(answer.status == 200)
            #expect(answer.headers["etag"] == "\"1\"")
            #expect(answer.headers["daybook-position"] == "2")
            #expect(answer.headers["content-type"] == "application/json; charset=utf-8")
            #expect(
                answer.json == [
                    "sku": "15056BL", "name": "Edwardian parasol", "kind": "goods", "description": "Black",
                    "brand": "Ed",
                    "categories": ["Garden", "Shade"], "attributes": ["size": "L", "colour": "black"],
                    "otherNames": ["PARASOL"], "price": .gbp("5.95"), "stock": ["available": 4, "inStock": true],
                    "version": 1,
                ])
            try await shop.accept("change-price", #"{"sku":"15056BL","price":{"amount":"0.5005","currency":"GBP"}}"#)
            let changed = try await shop.ask("/catalog/products/15056BL")
            #expect(changed.json["price"] == .gbp("0.5005"))
            #expect(changed.headers["etag"] == "\"2\"")
        }
    }

    @Test("What is not known is null, and a charge is found by its SKU alone")
    func sparse() async throws {
        try await TestShop.open { shop in
            try await shop.register("BARE", "Bare")
            try await shop.register("POST", "Postage", ",\"kind\":\"charge\"")
            #expect(
                try await shop.ask("/catalog/products/BARE").json == [
                    "sku": "BARE", "name": "Bare", "kind": "goods", "description": nil, "brand": nil, "categories": [],
                    "attributes": [:], "otherNames": [], "price": nil, "stock": ["available": 0, "inStock": false],
                    "version": 1,
                ])
            #expect(try await shop.ask("/catalog/products/POST").json["kind"] == "charge")
            #expect(try await shop.ask("/catalog/products").json["items"].each("sku") == ["BARE"])
            try await shop.expectProblem(404, "unknown_product", "/catalog/products/bare")
        }
    }

    @Test("Every order of the list shows each product once, page after page, equals by SKU")
    func sorts() async throws {
        try await TestShop.open { shop in
            // Names and prices come several times over; some have no price.
            let names = ["Vase", "Lamp", "Vase", "Bowl", "Lamp", "Vase", "Ärmel", "7"]
            let prices = ["2", "10", nil, "2", "10", "0.5", nil, "9"]
            for (index, (name, price)) in zip(names, prices).enumerated() {
                try await shop.register("S\(index)", name, price: price)
            }
            let expected = [
                "name": ["S7", "S3", "S1", "S4", "S0", "S2", "S5", "S6"],
                "-name": ["S6", "S5", "S2", "S0", "S4", "S1", "S3", "S7"],
                "price": ["S2", "S6", "S5", "S0", "S3", "S7", "S1", "S4"],
                "-price": ["S4", "S1", "S7", "S3", "S0", "S5", "S6", "S2"],
                "newest": ["S7", "S6", "S5", "S4", "S3", "S2", "S1", "S0"],
            ]
            for (sort, skus) in expected {
                for limit in [1, 2, 3, 7, 8, 500] {
                    let items = try await shop.pages("/catalog/products?sort=\(sort)", limit: limit)
                    #expect(items.compactMap { $0["sku"].text } == skus, "\(sort) by \(limit)")
                }
            }
            #expect(
                try await shop.ask("/catalog/products").json["items"].each("sku").compactMap(\.text) == expected["name"]
            )
        }
    }

    @Test("Filters narrow the list, alone and together")
    func filters() async throws {
        try await TestShop.open { shop in
            try await shop.register("A", "A", price: "1", #","brand":"Acme","categories":["Home","Lights"]"#)
            try await shop.register("B", "B", price: "2.5", #","brand":"Acme","categories":["Garden","Lights"]"#)
            try await shop.register("C", "C", price: "2.5001", #","brand":"B & C","categories":["Home","Home"]"#)
            try await shop.register("D", "D")
            try await shop.receive("A", 1)
            try await shop.receive("C", 1)
            try await shop.accept("reserve-stock", #"{"sku":"C","quantity":1,"expiresInSeconds":3600}"#)
            let expected: KeyValuePairs = [
                "": "ABCD", "category=Lights": "AB", "category=Home": "AC", "category=lights": "", "brand=Acme": "AB",
                "brand=B%20%26%20C": "C", "minPrice=2.5": "BC", "maxPrice=2.5": "AB", "minPrice=2.5&maxPrice=2.5": "B",
                "minPrice=3&maxPrice=2": "", "minPrice=0": "ABC", "inStock=true": "A", "inStock=false": "BCD",
                "brand=Acme&category=Lights&inStock=true&maxPrice=1": "A", "category=": "ABCD", "brand=%27%22%3B--": "",
            ]
            for (filter, skus) in expected {
                let answer = try await shop.ask("/catalog/products?\(filter)")
                #expect(answer.json["items"].each("sku").compactMap(\.text).joined() == skus, "\(filter)")
                #expect(answer.json["next"] == nil)
            }
        }
    }

    @Test("What a list can't be asked is refused")
    func refused() async throws {
        try await TestShop.open { shop in
            for wrong in [
                "limit=0", "limit=501", "limit=-1", "limit=ten", "limit=1.5", "sort=colour", "sort=Name",
                "minPrice=cheap",
                "maxPrice=1.00001", "maxPrice=1e3", "inStock=yes", "inStock=1", "cursor=garbage", "cursor=%00",
                "cursor=W10",
                "cursor=WyJhIl0", "cursor=e30", "cursor=" + String(repeating: "A", count: 4_001),
            ] {
                try await shop.expectProblem(400, "invalid_parameter", "/catalog/products?\(wrong)")
            }
            try await shop.expectProblem(400, "unknown_parameter", "/catalog/products?colour=red")
            try await shop.expectProblem(400, "unknown_parameter", "/catalog/products?Brand=Acme")
            try await shop.expectProblem(400, "doubled_parameter", "/catalog/products?brand=a&brand=b")
        }
    }
}
