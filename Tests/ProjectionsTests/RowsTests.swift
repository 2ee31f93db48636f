import EventStore
import TestSupport
import Testing

@testable import Projections

@Suite("What each read model keeps of a history")
struct RowsTests {
    /// Runs the commands and returns the read models, caught up.
    private func rows(
        _ commands: KeyValuePairs<String, String>, _ check: (ReadModels) throws -> Void
    ) async throws {
        try await DataDirectory().open { store, writer in
            for (name, body) in commands { try await writer.accept(name, body, at: "2026-02-03T10:00:00Z") }
            let models = try ReadModels(directory: store.readModelsDirectory)
            try models.catchUp(with: store)
            try check(models)
        }
    }

    private static let opening: KeyValuePairs<String, String> = [
        "register-product":
            #"{"sku":"LAMP","name":"Lamp","brand":"Acme","categories":["Home","Home"],"price":{"amount":"2.5","currency":"GBP"}}"#,
        "register-product": #"{"sku":"POST","name":"Postage","kind":"charge"}"#,
        "receive-stock": #"{"sku":"LAMP","location":"main","quantity":10}"#,
        "change-price": #"{"sku":"LAMP","price":{"amount":"3.0001","currency":"GBP"}}"#,
        "reserve-stock": #"{"sku":"LAMP","quantity":2,"reservation":"R","expiresInSeconds":60}"#,
    ]

    @Test("Catalog and search keep products with price and availability")
    func products() async throws {
        try await rows(Self.opening) { (models) throws in
            let document =
                #"{"sku":"LAMP","name":"Lamp","kind":"goods","description":null,"brand":"Acme","categories":["Home","Home"],"attributes":{},"otherNames":[]}"#
            for model in [models.catalog, models.search] {
                let products = try model.rows("product")
                #expect(products[0] == "1|LAMP|Lamp|1|Acme|30001|GBP|8|2|" + document)
                #expect(products[1].hasPrefix("2|POST|Postage|0|NULL|NULL|NULL|0|1|"))
                #expect(try model.rows("product_category") == ["Home|1"])
            }
        }
    }

    @Test("Stock keeps balances that sum to nothing, and what expires")
    func stock() async throws {
        try await rows(Self.opening) { (models) throws in
            #expect(
                try models.stock.rows("balance") == [
                    "LAMP|available|main|8", "LAMP|reserved|main|2", "LAMP|supplier||-10",
                ])
            #expect(try models.stock.rows("item") == ["LAMP|2|5"])
            #expect(try models.stock.rows("expiring").first?.hasPrefix("LAMP|R|main|2|") == true)
        }
        try await rows(["register-product": #"{"sku":"A","name":"A"}"#]) { (models) throws in
            #expect(try models.stock.rows("item").isEmpty)
        }
    }

    @Test("A released reservation no longer expires")
    func released() async throws {
        let release: KeyValuePairs = ["release-stock": #"{"sku":"LAMP","reservation":"R"}"#]
        try await DataDirectory().open { store, writer in
            for (name, body) in Self.opening { try await writer.accept(name, body) }
            for (name, body) in release { try await writer.accept(name, body) }
            let models = try ReadModels(directory: store.readModelsDirectory)
            try models.catchUp(with: store)
            #expect(try models.stock.rows("expiring").isEmpty)
            #expect(
                try models.stock.rows("balance") == [
                    "LAMP|available|main|10", "LAMP|reserved|main|0", "LAMP|supplier||-10",
                ])
        }
    }

    @Test("Carts keep their lines as the rules merge them")
    func carts() async throws {
        try await rows([
            "register-product": #"{"sku":"A","name":"An A","price":{"amount":"1","currency":"GBP"}}"#,
            "register-product": #"{"sku":"POST","name":"Postage","kind":"charge"}"#,
            "add-to-cart": #"{"cart":"C","sku":"A","quantity":1,"quotedPrice":{"amount":"0.9","currency":"GBP"}}"#,
            "add-to-cart": #"{"cart":"C","sku":"A","quantity":2}"#,
            "add-charge":
                #"{"cart":"C","code":"POST","label":"Express","quantity":1,"unitPrice":{"amount":"3","currency":"GBP"}}"#,
            "add-to-cart": #"{"cart":"C","sku":"A","quantity":3}"#,
            "change-price": #"{"sku":"A","price":{"amount":"2","currency":"GBP"}}"#,
            "add-to-cart": #"{"cart":"C","sku":"A","quantity":4}"#,
        ]) { (models) throws in
            #expect(
                try models.carts.rows("cart_line") == [
                    "3|1|0|1|A|NULL|1|9000|GBP", "3|2|0|0|A|NULL|5|10000|GBP", "3|3|1|0|POST|Express|1|30000|GBP",
                    "3|5|0|0|A|NULL|4|20000|GBP",
                ])
            #expect(try models.carts.rows("cart") == ["3|C|5|NULL"])
            #expect(try models.carts.rows("product_name") == ["A|An A", "POST|Postage"])
        }
    }

    @Test("A change of quantity makes one line of all at the list's price, and leaves quoted ones and charges")
    func changedCart() async throws {
        try await rows([
            "register-product": #"{"sku":"A","name":"A","price":{"amount":"1","currency":"GBP"}}"#,
            "register-product": #"{"sku":"POST","name":"Postage","kind":"charge"}"#,
            "add-to-cart": #"{"cart":"C","sku":"A","quantity":1}"#,
            "change-price": #"{"sku":"A","price":{"amount":"2","currency":"GBP"}}"#,
            "add-to-cart": #"{"cart":"C","sku":"A","quantity":1}"#,
            "add-to-cart": #"{"cart":"C","sku":"A","quantity":1,"quotedPrice":{"amount":"0.9","currency":"GBP"}}"#,
            "add-charge": #"{"cart":"C","code":"POST","quantity":1,"unitPrice":{"amount":"3","currency":"GBP"}}"#,
            "change-cart-quantity": #"{"cart":"C","sku":"A","quantity":7}"#,
        ]) { (models) throws in
            #expect(
                try models.carts.rows("cart_line") == [
                    "3|1|0|0|A|NULL|7|10000|GBP", "3|3|0|1|A|NULL|1|9000|GBP", "3|4|1|0|POST|NULL|1|30000|GBP",
                ])
        }
    }

    @Test("Sales keep exact sums by month, day, country and product, and what may still be cancelled")
    func sales() async throws {
        try await rows([
            "register-product": #"{"sku":"A","name":"A","price":{"amount":"0.0333","currency":"GBP"}}"#,
            "receive-stock": #"{"sku":"A","location":"main","quantity":10}"#,
            "add-to-cart": #"{"cart":"C","sku":"A","quantity":3}"#,
            "place-order": #"{"cart":"C","country":"France"}"#,
            "record-bad-debt": #"{"code":"A","quantity":2,"unitPrice":{"amount":"-1.5","currency":"GBP"}}"#,
        ]) { (models) throws in
            #expect(
                try models.sales.rows("sales") == [
                    "country|GBP|France|1|3|999|0|0", "country|GBP|Unspecified|1|2|0|0|-30000",
                    "day|GBP|2026-02-03|2|5|999|0|-30000", "month|GBP|2026-02|2|5|999|0|-30000",
                    "product|GBP|A|2|5|999|0|-30000",
                ])
            #expect(try models.sales.rows("documents") == ["GBP|badDebts|1", "GBP|orders|1"])
            #expect(try models.sales.rows("open_order").count == 1)
        }
    }

    @Test("Orders keep what was placed and how far it has come")
    func orders() async throws {
        try await rows([
            "register-product": #"{"sku":"A","name":"Old name","price":{"amount":"0.0333","currency":"GBP"}}"#,
            "receive-stock": #"{"sku":"A","location":"main","quantity":10}"#,
            "add-to-cart": #"{"cart":"C","sku":"A","quantity":3}"#,
            "place-order": #"{"cart":"C","country":"France","reference":"INV"}"#,
        ]) { (models) throws in
            let placed = try #require(try models.orders.rows("placed").first).split(separator: "|")
            #expect(placed[0] == "6")
            #expect(placed[2...5] == ["1770112800000000", "1", "INV", "NULL"])
            let json = try #require(try models.orders.rows("document").first).drop { $0 != "{" }
            let document = try JSONValue(parsing: String(json))
            #expect(document["lines"][0]["name"] == "Old name")
            #expect(document["total"]["amount"] == "0.10")
            let progress = try #require(try models.orders.rows("progress").first).split(
                separator: "|", omittingEmptySubsequences: false)
            #expect(
                progress[1...] == [
                    "1", "1770112800000000", "placed", "GBP", "10", "0", "0", "3", "0", "0", "0", "NULL", "", "",
                ])
            #expect(try models.orders.rows("product") == ["A|Old name|1"])
        }
    }
}
