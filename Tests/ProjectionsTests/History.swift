import EventStore
import Foundation
import Ledger
import TestSupport
import TestTools

/// A random history of a small shop, command by command: mostly what could be, sometimes what is refused.
struct History {
    private var random: SplitMix64
    private var minutes: Int64 = 0
    private var orders: [String] = []
    private var reservations = 0

    init(_ random: SplitMix64) { self.random = random }

    private static let goods = ["LAMP", "VASE", "PEN", "MUG", "EURO"]
    private static let locations = ["main", "attic"]

    /// What stands in the shop before the history begins.
    static func open(_ writer: Writer) async throws {
        for (index, sku) in goods.enumerated() {
            let price = #"{"amount":"\#(index + 1).255","currency":"\#(sku == "EURO" ? "EUR" : "GBP")"}"#
            try await writer.accept(
                "register-product",
                #"{"sku":"\#(sku)","name":"A \#(sku)","brand":"B\#(index % 2)","categories":["Home","\#(sku)"],"price":\#(price)}"#
            )
            try await writer.accept("receive-stock", #"{"sku":"\#(sku)","location":"main","quantity":200}"#)
        }
        try await writer.accept("register-product", #"{"sku":"POST","name":"Postage","kind":"charge"}"#)
    }

    /// Hands in `count` commands; those that a rule refuses change nothing.
    mutating func go(on writer: Writer, commands count: Int) async throws {
        for _ in 0..<count {
            minutes += number(0...300)
            let submission = try Submission(
                next(), actor: "history", effectiveAt: Self.begin.adding(seconds: minutes * 60))
            switch await writer.submit(submission) {
            case .accepted(let receipt):
                if receipt.shown.category == .order, receipt.shownVersion.rawValue == 1 {
                    orders.append(receipt.shown.id)
                }
            case .refused: break
            case .failed, .keyReused, .versionMismatch: throw NotAccepted(description: "the Writer failed")
            }
        }
    }

    private static let begin = Timestamp(microseconds: 1_767_225_600_000_000)

    private mutating func next() throws -> any Command {
        switch number(0...99) {
        case 0...9: try ReceiveStock(sku: sku(), location: location(), quantity: number(1...30))
        case 10...14: try AdjustStock(sku: sku(), location: location(), delta: sign() * number(1...9), reason: "count")
        case 15...20: try ReserveStock(sku: sku(), quantity: number(1...9), reservation: reservation())
        case 21...23: ReleaseStock(sku: sku(), reservation: ReservationID(trusted: "R\(number(1...40))"))
        case 24...45:
            try AddToCart(
                cart: cart(), sku: sku(), quantity: number(1...4), quotedPrice: number(0...5) == 0 ? amount() : nil)
        case 46...49:
            try AddCharge(
                cart: cart(),
                charge: Cart.Charge(code: SKU(trusted: "POST"), label: nil, quantity: 1, unitPrice: amount()))
        case 50...52: try ChangeCartQuantity(cart: cart(), sku: sku(), quantity: number(1...9))
        case 53...54: RemoveFromCart(cart: cart(), sku: sku())
        case 55...67: try PlaceOrder(cart: cart(), contact: contact(), reference: "INV-\(minutes)", country: country())
        case 68...74:
            try RecordPayment(
                order: order(), amount: Money(minorUnits: number(1...2_000), currency: .init(trusted: "GBP")))
        case 75...77: try CancelOrder(order: order(), reason: "late")
        case 78...85: try FulfilOrder(order: order(), pieces: number(0...1) == 0 ? nil : pieces())
        case 86...91: try ReturnItems(order: order(), pieces: pieces(), restock: number(0...1) == 0)
        case 92...93: try IssueCreditNote(lines: [creditLine(), creditLine()])
        case 94...95:
            try RecordAdjustment(
                adjustment: Adjustment(
                    reference: nil, country: country(), currency: .init(trusted: "GBP"), location: location(),
                    lines: [.init(code: sku(), delta: sign() * number(1...3), reason: "count")]))
        case 96:
            try RecordBadDebt(
                debt: BadDebt(
                    reference: nil, customer: nil, country: country(), code: SKU(trusted: "POST"), label: nil,
                    quantity: 1,
                    unitPrice: amount()))
        default: try ChangePrice(sku: sku(), price: amount())
        }
    }

    private mutating func number(_ range: ClosedRange<Int64>) -> Int64 { .random(in: range, using: &random) }
    private mutating func sign() -> Int64 { number(0...1) == 0 ? 1 : -1 }
    private mutating func sku() -> SKU { SKU(trusted: Self.goods.randomElement(using: &random)!) }
    private mutating func location() -> Location { Location(trusted: Self.locations.randomElement(using: &random)!) }
    /// Carts come again until they were ordered, and then new ones.
    private mutating func cart() -> CartID { CartID(trusted: "C\(orders.count + Int(number(0...2)))") }
    private mutating func order() -> OrderID {
        OrderID(trusted: orders.suffix(12).randomElement(using: &random) ?? "none")
    }
    private mutating func country() -> String? { ["France", "Ruritania", nil].randomElement(using: &random)! }
    private mutating func amount() -> Amount {
        Amount(tenThousandths: number(0...99_999), currency: .init(trusted: "GBP"))
    }
    private mutating func pieces() -> [Order.Pieces] { [Order.Pieces(code: sku(), quantity: number(1...2))] }

    private mutating func reservation() -> ReservationID {
        reservations += 1
        return ReservationID(trusted: "R\(reservations % 40)")
    }

    private mutating func contact() throws -> Contact? {
        number(0...2) == 0 ? try Contact(email: "ann@example.org", shippingAddress: nil) : nil
    }

    private mutating func creditLine() -> CreditNote.Line {
        let order = number(0...1) == 0 ? nil : Optional(order())
        return CreditNote.Line(code: sku(), label: nil, quantity: number(1...2), amount: amount(), order: order)
    }
}
