import Ledger
import TestTools

@testable import EventStore

/// Chooses commands over a few products, carts and orders, so that they meet often. Many are refused.
struct Workload {
    private var random: SplitMix64
    private var made = 0
    private var carts = 1
    /// Commands handed in before, to be handed in again.
    private var earlier: [Submission] = []
    private let codes: [String]

    init(random: SplitMix64) {
        self.random = random
        codes = (0..<Int.random(in: 2...40, using: &self.random)).map { "SKU-\($0)" }
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func chance(_ percent: Int) -> Bool { number(0...99) < percent }

    /// A group of commands. Each has a key; now and then one of an earlier command, with the same body or another.
    mutating func group() throws -> [Submission] {
        let size = chance(70) ? number(1...3) : number(1...14)
        return try (0..<size).map { _ in
            if chance(12), let again = earlier.randomElement(using: &random) { return again }
            let submission = try submission()
            earlier.append(submission)
            return submission
        }
    }

    private mutating func submission() throws -> Submission {
        made += 1
        let key = chance(3) ? earlier.randomElement(using: &random)?.key : nil
        let moment = Int64(number(1_300_000_000...1_900_000_000))
        return try Submission(
            try command(), key: key ?? "key-\(made)",
            expectedVersion: chance(6) ? Version(rawValue: UInt64(number(0...5))) : nil,
            actor: "actor-\(number(1...3))",
            correlation: "", effectiveAt: chance(20) ? Timestamp(microseconds: moment * 1_000_000) : nil,
            freshID: "fresh-\(made)")
    }

    private mutating func command() throws -> any Command {
        switch number(0...99) {
        case ..<7: try register()
        case ..<10: try ChangePrice(sku: goods(), price: price())
        case ..<24: try ReceiveStock(sku: goods(), location: place(), quantity: quantity(40), reference: text())
        case ..<28:
            try AdjustStock(
                sku: goods(), location: place(), delta: chance(50) ? quantity(9) : -quantity(9), reason: "count")
        case ..<44: try reserve()
        case ..<48: ReleaseStock(sku: goods(), reservation: reservation())
        case ..<62:
            try AddToCart(
                cart: chance(90) ? cart() : nil, sku: cartGoods(), quantity: quantity(4),
                quotedPrice: chance(20) ? price() : nil)
        case ..<65:
            try AddCharge(
                cart: cart(),
                charge: .init(code: SKU(trusted: "POST"), label: text(), quantity: 1, unitPrice: price()))
        case ..<68: try ChangeCartQuantity(cart: cart(), sku: goods(), quantity: quantity(6))
        case ..<70: RemoveFromCart(cart: cart(), sku: goods())
        case ..<80: try place()
        case ..<83:
            try RecordPayment(
                order: order(), amount: Money(minorUnits: Int64(number(1...900)), currency: Self.currency))
        case ..<85: try CancelOrder(order: order(), reason: "changed their mind")
        case ..<91: try FulfilOrder(order: order(), pieces: chance(50) ? nil : pieces())
        case ..<94: try ReturnItems(order: order(), pieces: pieces(), restock: chance(50))
        case ..<96: try creditNote()
        case ..<98: try adjustment()
        default: try badDebt()
        }
    }

    private static let currency = Currency(trusted: "GBP")

    private mutating func register() throws -> RegisterProduct {
        if chance(15) {
            return try RegisterProduct(
                sku: SKU(trusted: "POST"), details: .init(name: "Postage", kind: .charge))
        }
        var details = Product.Details(name: "Goods \(made)", price: price())
        // Some are larger than a record may be.
        if chance(8) {
            details.attributes = (0..<number(200...420)).map {
                .init(name: "attribute \($0)", value: String(repeating: "x", count: 190))
            }
        }
        return try RegisterProduct(sku: goods(), details: details)
    }

    private mutating func reserve() throws -> ReserveStock {
        try ReserveStock(
            sku: goods(), quantity: quantity(5), reservation: chance(60) ? reservation() : nil,
            expiresInSeconds: chance(70) ? Int64(number(1...1_200)) : nil)
    }

    private mutating func place() throws -> PlaceOrder {
        let chosen = cart()
        let id = chance(85) ? OrderID(trusted: "order-\(carts)") : nil
        if chance(80) { carts += 1 }
        return try PlaceOrder(
            cart: chosen, order: id, reference: text(),
            customer: chance(50) ? CustomerID(trusted: "customer-\(number(1...3))") : nil, country: text())
    }

    private mutating func creditNote() throws -> IssueCreditNote {
        let lines = (1...number(1...3)).map { _ in
            CreditNote.Line(
                code: goods(), label: nil, quantity: quantity(2), amount: price(), order: chance(50) ? order() : nil)
        }
        return try IssueCreditNote(document: document(), reference: text(), lines: lines)
    }

    private mutating func adjustment() throws -> RecordAdjustment {
        let lines = (1...number(1...3)).map { _ in
            Adjustment.Line(code: goods(), delta: chance(70) ? quantity(3) : -quantity(3), reason: "found")
        }
        return try RecordAdjustment(
            document: document(),
            adjustment: .init(
                reference: text(), country: nil, currency: Self.currency, location: place(), lines: lines))
    }

    private mutating func badDebt() throws -> RecordBadDebt {
        try RecordBadDebt(
            document: document(),
            debt: .init(
                reference: text(), customer: nil, country: nil, code: goods(), label: nil, quantity: 1,
                unitPrice: Amount(tenThousandths: -12_500, currency: Self.currency)))
    }

    private mutating func goods() -> SKU {
        // One item is hot, so that its history grows long.
        SKU(trusted: chance(50) ? codes[0] : codes[number(0...codes.count - 1)])
    }
    /// Few, so that an order has fewer streams than the Writer keeps in memory.
    private mutating func cartGoods() -> SKU { SKU(trusted: codes[number(0...min(5, codes.count - 1))]) }
    private mutating func place() -> Location { Location(trusted: chance(70) ? "main" : "cellar") }
    private mutating func quantity(_ most: Int) -> Int64 { Int64(number(1...most)) }
    private mutating func price() -> Amount {
        Amount(tenThousandths: Int64(number(0...99_999)), currency: Self.currency)
    }
    private mutating func text() -> String? { chance(50) ? "text \(made)" : nil }
    private mutating func document() -> DocumentID? {
        chance(80) ? DocumentID(trusted: "document-\(number(1...60))") : nil
    }
    private mutating func reservation() -> ReservationID {
        // Some have the name of an order.
        ReservationID(trusted: chance(5) ? order().text : "reservation-\(number(1...12))")
    }
    private mutating func cart() -> CartID { CartID(trusted: "cart-\(max(1, carts - (chance(15) ? 1 : 0)))") }
    private mutating func order() -> OrderID { OrderID(trusted: "order-\(max(1, carts - number(0...3)))") }
    private mutating func pieces() -> [Order.Pieces] { [.init(code: goods(), quantity: quantity(3))] }
}
