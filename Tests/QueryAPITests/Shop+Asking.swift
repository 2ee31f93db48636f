import EventStore
import Ledger
import TestSupport
import Testing

extension TestShop {
    /// Follows `next` from page to page. Every page but the last is full.
    func pages(_ path: String, limit: Int, items name: String = "items") async throws -> [JSONValue] {
        var items: [JSONValue] = []
        var cursor: String?
        repeat {
            let separator = path.contains("?") ? "&" : "?"
            let page = try await ask("\(path)\(separator)limit=\(limit)" + (cursor.map { "&cursor=\($0)" } ?? ""))
            #expect(page.status == 200, "\(page.text)")
            items += page.json[name].items
            let previous = cursor
            cursor = page.json["next"].text
            guard cursor != nil else { break }
            #expect(page.json[name].items.count == limit, "a page that is followed by another is full")
            try #require(cursor != previous, "the cursor moves on")
        } while true
        return items
    }

    func expectProblem(
        _ status: Int, _ code: String, _ path: String, _ headers: Headers = [:],
        _ place: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await get(path, headers)
        #expect(answer.status == status, "\(path): \(answer.text)", sourceLocation: place)
        #expect(answer.json["code"] == .text(code), "\(path): \(answer.text)", sourceLocation: place)
        #expect(answer.json["status"] == .number(Int64(status)), "\(path)", sourceLocation: place)
        #expect(answer.headers["content-type"] == "application/problem+json", "\(path)", sourceLocation: place)
    }

    /// Registers goods; `more` are further fields.
    func register(_ sku: String, _ name: String, price: String? = nil, currency: String = "GBP", _ more: String = "")
        async throws
    {
        let price = price.map { #","price":{"amount":"\#($0)","currency":"\#(currency)"}"# } ?? ""
        try await accept("register-product", #"{"sku":"\#(sku)","name":"\#(name)"\#(price)\#(more)}"#)
    }

    func receive(_ sku: String, _ quantity: Int, at location: String = "main") async throws {
        try await accept("receive-stock", #"{"sku":"\#(sku)","location":"\#(location)","quantity":\#(quantity)}"#)
    }

    /// Puts goods into a cart and places it. Returns the order's id.
    func order(_ cart: String, _ lines: [(sku: String, quantity: Int)], _ more: String = "", at time: String? = nil)
        async throws -> String
    {
        for line in lines {
            try await accept(
                "add-to-cart", #"{"cart":"\#(cart)","sku":"\#(line.sku)","quantity":\#(line.quantity)}"#, at: time)
        }
        return try await accept("place-order", #"{"cart":"\#(cart)"\#(more)}"#, at: time).shown.id
    }
}

extension JSONValue {
    static func gbp(_ amount: String) -> JSONValue { ["amount": .text(amount), "currency": "GBP"] }
}
