import EventStore
import Ledger
import TestTools

@testable import EventStore

/// Chooses commands over a few products, carts and orders, so that they meet often; many are refused.
struct RandomShop {
    private var random: SplitMix64
    private var carts = 1
    private var made = 0

    init(seed: SplitMix64) { random = seed }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func one<Element>(of list: [Element]) -> Element { list.randomElement(using: &random)! }

    /// A submission with a key of its own. Now and then it expects a version, which may be wrong.
    mutating func submission() throws -> Submission {
        made += 1
        let command = try command()
        let expected: Version? = chance(5) ? .at(UInt64(number(0...3))) : nil
        return try Submission(command, key: "key-\(made)", expectedVersion: expected, actor: "test")
    }

    private mutating func command() throws -> any Command {
        switch number(0...99) {
        case ..<6: try RegisterProduct(sku: goods(), details: .init(name: "Goods \(made)", price: price()))
        case ..<8: try RegisterProduct(sku: sku("POST"), details: .init(name: "Postage", kind: .charge))
        case ..<12: try ChangePrice(sku: goods(), price: price())
        case ..<22: try ReceiveStock(sku: goods(), location: place(), quantity: quantity(40), reference: text())
        case ..<26:
            try AdjustStock(
                sku: goods(), location: place(), delta: chance(50) ? quantity(9) : -quantity(9), reason: "count")
        case ..<34:
            try ReserveStock(sku: goods(), quantity: quantity(5), reservation: reservation("r-\(number(1...12))"))
        case ..<38: ReleaseStock(sku: goods(), reservation: reservation("r-\(number(1...12))"))
        case ..<58:
            try AddToCart(
                cart: currentCart(), sku: goods(), quantity: quantity(4), quotedPrice: chance(20) ? price() : nil)
        case ..<62:
            try AddCharge(
                cart: currentCart(), charge: .init(code: sku("POST"), label: text(), quantity: 1, unitPrice: price()))
        case ..<65: try ChangeCartQuantity(cart: currentCart(), sku: goods(), quantity: quantity(6))
        case ..<67: RemoveFromCart(cart: currentCart(), sku: goods())
        case ..<78: try placeOrder()
        case ..<82:
            try RecordPayment(order: someOrder(), amount: Money(minorUnits: Int64(number(1...900)), currency: .gbp))
        case ..<85: try CancelOrder(order: someOrder(), reason: "changed their mind")
        case ..<91: try FulfilOrder(order: someOrder(), pieces: chance(50) ? nil : pieces())
        case ..<94: try ReturnItems(order: someOrder(), pieces: pieces(), restock: chance(50))
        case ..<96: try creditNote()
        case ..<98: try adjustment()
        default: try badDebt()
        }
    }

    private mutating func placeOrder() throws -> PlaceOrder {
        let cart = currentCart()
        if chance(80) { carts += 1 }
        return try PlaceOrder(
            cart: cart, order: order("o-\(carts)"), contact: chance(50) ? SampleContacts.whole : nil,
            reference: text(), customer: chance(50) ? CustomerID(trusted: "customer-\(number(1...3))") : nil)
    }

    private mutating func creditNote() throws -> IssueCreditNote {
        let lines = (1...number(1...3)).map { _ in
            CreditNote.Line(
                code: goods(), label: nil, quantity: quantity(2), amount: price(), order: chance(50) ? someOrder() : nil
            )
        }
        return try IssueCreditNote(document: document(), reference: text(), lines: lines)
    }

    private mutating func adjustment() throws -> RecordAdjustment {
        let lines = (1...number(1...3)).map { _ in Adjustment.Line(code: goods(), delta: quantity(3), reason: "found") }
        return try RecordAdjustment(
            document: document(),
            adjustment: .init(reference: text(), country: nil, currency: .gbp, location: place(), lines: lines))
    }

    private mutating func badDebt() throws -> RecordBadDebt {
        try RecordBadDebt(
            document: document(),
            debt: .init(
                reference: text(), customer: nil, country: nil, code: goods(), label: nil, quantity: 1,
                unitPrice: .gbp("-1.25")))
    }

    private mutating func goods() -> SKU { sku(one(of: ["A", "B", "C", "D"])) }
    private mutating func place() -> Location { Location(trusted: one(of: ["main", "cellar"])) }
    private mutating func quantity(_ most: Int) -> Int64 { Int64(number(1...most)) }
    private mutating func price() -> Amount { Amount(tenThousandths: Int64(number(0...99_999)), currency: .gbp) }
    private mutating func text() -> String? { chance(50) ? "text \(made)" : nil }
    private mutating func document() -> DocumentID { DocumentID(trusted: "d-\(number(1...9))") }
    private mutating func currentCart() -> CartID { cart("c-\(max(1, carts - (chance(10) ? 1 : 0)))") }
    private mutating func someOrder() -> OrderID { order("o-\(max(1, carts - number(0...3)))") }
    private mutating func pieces() -> [Order.Pieces] { [.init(code: goods(), quantity: quantity(3))] }
}
