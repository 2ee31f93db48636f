import CommandAPI
import EventStore
import TestSupport
import Testing

@Suite("Every command over HTTP", .serialized)
struct EveryCommandTests {
    @Test("Every command is answered with its events, result and headers, and a repeated one as the first time")
    func everyCommand() async throws {
        try await TestShop.open { shop in
            var teller = Teller(shop: shop)
            try await tellCatalogAndStock(&teller)
            try await tellCarts(&teller)
            try await tellOrders(&teller)
            try await tellDocuments(&teller)
            #expect(teller.told == Set(CommandSpec.all.keys))
        }
    }

    private func tellCatalogAndStock(_ teller: inout Teller) async throws {
        try await teller.tell(
            "register-product", #"{"sku":"LAMP","name":"Lamp","price":{"amount":"2.55","currency":"GBP"}}"#,
            status: 201,
            events: ["product-LAMP 1 product.registered"], result: [:], etag: 1, location: "/catalog/products/LAMP")
        try await teller.tell(
            "change-price", #"{"sku":"LAMP","price":{"amount":"2.505","currency":"GBP"}}"#, status: 200,
            events: ["product-LAMP 2 product.price-changed"], result: [:], etag: 2, location: "/catalog/products/LAMP")
        try await teller.tell(
            "register-product", #"{"sku":"POST","name":"Postage","kind":"charge"}"#, status: 201,
            events: ["product-POST 1 product.registered"], result: [:], etag: 1, location: "/catalog/products/POST")
        try await teller.tell(
            "receive-stock", #"{"sku":"LAMP","location":"main","quantity":100,"reference":"D-1"}"#, status: 201,
            events: ["stock-LAMP 1 stock.received"], result: [:], etag: 1, location: "/stock/LAMP")
        try await teller.tell(
            "adjust-stock", #"{"sku":"LAMP","location":"main","delta":-1,"reason":"broken"}"#, status: 200,
            events: ["stock-LAMP 2 stock.adjusted"], result: [:], etag: 2, location: "/stock/LAMP")
        let reserved = try await teller.tell(
            "reserve-stock", #"{"sku":"LAMP","quantity":2,"reservation":"R1","expiresInSeconds":60}"#, status: 200,
            events: ["stock-LAMP 3 stock.reserved"], result: nil, etag: 3, location: "/stock/LAMP")
        #expect(reserved["reservation"] == "R1")
        #expect(reserved.names == ["reservation", "expiresAt"])
        try await teller.tell(
            "release-stock", #"{"sku":"LAMP","reservation":"R1"}"#, status: 200,
            events: ["stock-LAMP 4 stock.released"], result: [:], etag: 4, location: "/stock/LAMP")
    }

    private func tellCarts(_ teller: inout Teller) async throws {
        try await teller.tell(
            "add-to-cart", #"{"cart":"C1","sku":"LAMP","quantity":3}"#, status: 201,
            events: ["cart-C1 1 cart.line-added"], result: ["cart": "C1"], etag: 1, location: "/carts/C1")
        try await teller.tell(
            "change-cart-quantity", #"{"cart":"C1","sku":"LAMP","quantity":4}"#, status: 200,
            events: ["cart-C1 2 cart.quantity-changed"], result: ["cart": "C1"], etag: 2, location: "/carts/C1")
        try await teller.tell(
            "add-charge", #"{"cart":"C1","code":"POST","quantity":1,"unitPrice":{"amount":"3.95","currency":"GBP"}}"#,
            status: 200, events: ["cart-C1 3 cart.charge-added"], result: ["cart": "C1"], etag: 3, location: "/carts/C1"
        )
        let new = try await teller.tell(
            "add-to-cart", #"{"sku":"LAMP","quantity":1}"#, status: 201, events: nil, result: nil, etag: 1,
            location: nil)
        let cart = try #require(new["cart"].text)
        try await teller.tell(
            "remove-from-cart", #"{"cart":"\#(cart)","sku":"LAMP"}"#, status: 200,
            events: ["cart-\(cart) 2 cart.line-removed"], result: ["cart": .text(cart)], etag: 2,
            location: "/carts/\(cart)")
        try await teller.tell(
            "add-to-cart",
            #"{"cart":"\#(cart)","sku":"LAMP","quantity":1,"quotedPrice":{"amount":"2","currency":"GBP"}}"#,
            status: 200,
            events: ["cart-\(cart) 3 cart.line-added"], result: ["cart": .text(cart)], etag: 3,
            location: "/carts/\(cart)")
        let placed = try await teller.tell(
            "place-order", #"{"cart":"\#(cart)","email":"ann@example.org"}"#, status: 201, events: nil, result: nil,
            etag: 1,
            location: nil)
        let order = try #require(placed["order"].text)
        #expect(placed["number"] == "1")
        try await teller.tell(
            "cancel-order", #"{"order":"\#(order)","reason":"changed her mind"}"#, status: 200,
            events: ["order-\(order) 2 order.cancelled", "stock-LAMP 6 stock.released"], result: [:], etag: 2,
            location: "/orders/\(order)")
    }

    private func tellOrders(_ teller: inout Teller) async throws {
        let placed = try await teller.tell(
            "place-order", #"{"cart":"C1","reference":"INV-7","customer":"ann","country":"France"}"#, status: 201,
            events: nil,
            result: nil, etag: 1, location: nil)
        let order = try #require(placed["order"].text)
        // 4 × 2.55 (the price when the first was put in) + 3.95.
        #expect(placed == ["order": .text(order), "number": "2", "total": ["amount": "13.97", "currency": "GBP"]])
        try await teller.tell(
            "record-payment", #"{"order":"\#(order)","amount":{"amount":"13.97","currency":"GBP"},"method":"card"}"#,
            status: 200, events: ["order-\(order) 2 order.paid"], result: [:], etag: 2, location: "/orders/\(order)")
        try await teller.tell(
            "fulfil-order", #"{"order":"\#(order)","lines":[{"sku":"LAMP","quantity":3}]}"#, status: 200,
            events: [
                "order-\(order) 3 order.fulfilled", "stock-LAMP 8 stock.released", "stock-LAMP 9 stock.shipped",
                "stock-LAMP 10 stock.reserved",
            ], result: [:], etag: 3, location: "/orders/\(order)")
        try await teller.tell(
            "fulfil-order", #"{"order":"\#(order)"}"#, status: 200,
            events: ["order-\(order) 4 order.fulfilled", "stock-LAMP 11 stock.shipped"], result: [:], etag: 4,
            location: "/orders/\(order)")
        let returned = try await teller.tell(
            "return-items", #"{"order":"\#(order)","lines":[{"sku":"LAMP","quantity":1}],"restock":true}"#, status: 200,
            events: nil, result: nil, etag: 5, location: "/orders/\(order)")
        #expect(returned["refund"] == ["amount": "2.50", "currency": "GBP"])
        #expect(returned.names == ["creditNote", "refund"])
    }

    private func tellDocuments(_ teller: inout Teller) async throws {
        try await teller.tell(
            "issue-credit-note",
            #"{"document":"N1","lines":[{"code":"LAMP","quantity":1,"amount":{"amount":"2","currency":"GBP"}}]}"#,
            status: 201,
            events: ["document-N1 1 credit-note.issued", "stock-LAMP 13 stock.taken-back"], result: ["document": "N1"],
            etag: 1,
            location: "/streams/document-N1")
        try await teller.tell(
            "record-adjustment",
            #"{"document":"A1","currency":"GBP","location":"main","lines":[{"code":"LAMP","delta":-2,"reason":"wet"}]}"#,
            status: 201, events: ["document-A1 1 adjustment.recorded", "stock-LAMP 14 stock.adjusted"],
            result: ["document": "A1"], etag: 1, location: "/streams/document-A1")
        try await teller.tell(
            "record-bad-debt",
            #"{"document":"B1","code":"POST","quantity":1,"unitPrice":{"amount":"-11062.06","currency":"GBP"}}"#,
            status: 201,
            events: ["document-B1 1 bad-debt.recorded"], result: ["document": "B1"], etag: 1,
            location: "/streams/document-B1")
    }
}

/// Tells a shop command after command, and checks what each is answered.
private struct Teller {
    let shop: TestShop
    var told: Set<String> = []

    /// - Parameters:
    ///   - events: `stream version type` of each; nil where ids are made by the shop.
    ///   - result: nil where it is looked at by the caller.
    @discardableResult
    mutating func tell(
        _ name: String, _ body: String, status: Int, events: [String]?, result: JSONValue?, etag: Int,
        location: String?,
        _ place: SourceLocation = #_sourceLocation
    ) async throws -> JSONValue {
        told.insert(name)
        let key: Headers = ["Idempotency-Key": "key of \(shop.store.log.head.value)"]
        let before = shop.store.log.headPosition
        let answer = try await shop.command(name, body, key)
        #expect(answer.status == status, "\(answer.text)", sourceLocation: place)
        let written = answer.json["events"].items
        #expect(answer.json["position"].number == Int64(shop.store.log.head.value), sourceLocation: place)
        #expect(
            written.map { $0["position"].number } == written.indices.map { Int64(before.rawValue) + 1 + Int64($0) },
            sourceLocation: place)
        if let events { #expect(written.map(Self.summary) == events, sourceLocation: place) }
        if let result { #expect(answer.json["result"] == result, sourceLocation: place) }
        #expect(answer.headers["content-type"] == "application/json; charset=utf-8", sourceLocation: place)
        #expect(answer.headers["daybook-position"] == shop.store.log.headPosition.description, sourceLocation: place)
        #expect(answer.headers["etag"] == "\"\(etag)\"", sourceLocation: place)
        #expect(answer.headers["idempotency-replayed"] == nil, sourceLocation: place)
        let url = try #require(answer.headers["location"], sourceLocation: place)
        let root = "http://127.0.0.1:\(shop.queries.port)"
        if let location { #expect(url == root + location, sourceLocation: place) }
        try await repeatCommand(name, body, key, first: answer, place)
        try await follow(String(url.dropFirst(root.count)), etag, place)
        return answer.json["result"]
    }

    private func repeatCommand(
        _ name: String, _ body: String, _ key: Headers, first: HTTPAnswer, _ place: SourceLocation
    ) async throws {
        let head = shop.store.log.headPosition
        let again = try await shop.command(name, body, key)
        #expect(again.status == first.status, sourceLocation: place)
        #expect(again.text == first.text, sourceLocation: place)
        #expect(again.headers["idempotency-replayed"] == "true", sourceLocation: place)
        for name in ["daybook-position", "etag", "location"] {
            #expect(again.headers[name] == first.headers[name], "\(name)", sourceLocation: place)
        }
        #expect(shop.store.log.headPosition == head, sourceLocation: place)
    }

    /// Where the answer points to, there is what the command was about, at the version that it named.
    private func follow(_ path: String, _ etag: Int, _ place: SourceLocation) async throws {
        let shown = try await shop.ask(path)
        #expect(shown.status == 200, "\(path): \(shown.text)", sourceLocation: place)
        if path.hasPrefix("/streams/") {
            #expect(shown.json["items"].items.count == etag, sourceLocation: place)
        } else {
            #expect(shown.headers["etag"] == "\"\(etag)\"", "\(path)", sourceLocation: place)
        }
    }

    private static func summary(_ event: JSONValue) -> String {
        "\(event["stream"].text ?? "") \(event["version"].number ?? 0) \(event["type"].text ?? "")"
    }
}
