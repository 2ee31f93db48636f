import Foundation
import TestTools

/// Commands of a small shop: carts, orders, reservations, returns; some are refused. The same seed gives the same ones,
/// but for the ids which the server makes.
struct Workload {
    static let skus = ["LAMP", "CHAIR", "STOVE"]
    private static let warehouse = "leeds"

    /// What keys, carts and reservations begin with, so that several clients do not meet.
    let name: String
    private var random: SplitMix64
    private var count = 0
    private var carts: [String] = []
    private var orders: [String] = []
    private var reservations: [(name: String, sku: String)] = []

    init(_ name: String, seed: UInt64) {
        self.name = name
        random = SplitMix64(seed: seed)
    }

    typealias Command = (name: String, key: String, body: String)

    /// The shop's products and their first stock; the same for every client.
    static func opening() -> [Command] {
        skus.flatMap { sku -> [Command] in
            [
                (
                    "register-product", "open-\(sku)",
                    #"{"sku":"\#(sku)","name":"The \#(sku.lowercased())","price":{"amount":"12.50","currency":"GBP"}}"#
                ),
                (
                    "receive-stock", "stock-\(sku)",
                    #"{"sku":"\#(sku)","location":"\#(warehouse)","quantity":100000}"#
                ),
            ]
        }
    }

    /// Sends so many commands, one after another. Ends early where the server is gone.
    mutating func run(_ commands: Int, by client: Client, while goesOn: () -> Bool = { true }) throws {
        for _ in 0..<commands {
            guard goesOn() else { return }
            try step(client)
        }
    }

    /// Sends one stream of many small commands: a transaction of many pages.
    mutating func sendTogether(_ commands: Int, by client: Client) throws {
        try client.sendTogether((0..<commands).map { _ in addToCart() })
    }

    mutating func step(_ client: Client) throws {
        switch Int.random(in: 0..<12, using: &random) {
        case 0..<4:
            let command = addToCart()
            try client.send(command.name, key: command.key, command.body)
        case 4..<7: try placeOrder(client)
        case 7: try withOrder(client, "fulfil-order") { #"{"order":"\#($0)"}"# }
        case 8: try withOrder(client, "cancel-order") { #"{"order":"\#($0)","reason":"changed my mind"}"# }
        case 9: try reserve(client)
        case 10:
            guard let held = reservations.popLast() else { return try reserve(client) }
            try client.send(
                "release-stock", key: nextKey(), #"{"sku":"\#(held.sku)","reservation":"\#(held.name)"}"#)
        default:
            // Far more than there is: refused, and nothing of it may be seen.
            try client.send("reserve-stock", key: nextKey(), #"{"sku":"LAMP","quantity":99999999}"#)
        }
    }

    private mutating func nextKey() -> String {
        count += 1
        return "\(name)-\(count)"
    }

    private mutating func addToCart() -> Command {
        let key = nextKey()
        if carts.isEmpty || Int.random(in: 0..<3, using: &random) == 0 { carts.append("cart-\(key)") }
        let sku = Self.skus[Int.random(in: 0..<Self.skus.count, using: &random)]
        let quantity = Int.random(in: 1...5, using: &random)
        return ("add-to-cart", key, #"{"cart":"\#(carts[carts.count - 1])","sku":"\#(sku)","quantity":\#(quantity)}"#)
    }

    private mutating func placeOrder(_ client: Client) throws {
        guard let cart = carts.popLast() else {
            let command = addToCart()
            try client.send(command.name, key: command.key, command.body)
            return
        }
        let answer = try client.send(
            "place-order", key: nextKey(), #"{"cart":"\#(cart)","email":"\#(cart)@example.org"}"#)
        if let answer, answer.status < 300,
            let fields = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any],
            let order = (fields["result"] as? [String: Any])?["order"] as? String
        {
            orders.append(order)
        }
    }

    private mutating func withOrder(_ client: Client, _ name: String, _ body: (String) -> String) throws {
        guard let order = orders.popLast() else { return try placeOrder(client) }
        try client.send(name, key: nextKey(), body(order))
    }

    private mutating func reserve(_ client: Client) throws {
        let key = nextKey()
        let sku = Self.skus[Int.random(in: 0..<Self.skus.count, using: &random)]
        let quantity = Int.random(in: 1...9, using: &random)
        try client.send(
            "reserve-stock", key: key,
            #"{"sku":"\#(sku)","quantity":\#(quantity),"reservation":"held-\#(key)","expiresInSeconds":2592000}"#)
        reservations.append(("held-\(key)", sku))
    }
}
