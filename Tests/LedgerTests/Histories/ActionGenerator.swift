import Ledger
import TestTools

/// Chooses what happens next in a small shop where people keep meeting over the same few things.
struct ActionGenerator {
    var random: SplitMix64
    /// Microseconds since 1970; moves on between actions, sometimes by less than a second, sometimes by an hour.
    private(set) var now: Int = 1_800_000_000_000_000

    static let goods = ["LAMP", "VASE", "PEN", "EURO", "BARE"]
    static let charges = ["POST", "FEE"]
    static let locations = ["main", "attic", "cellar"]
    private static let codes = goods + charges + ["GHOST"]

    /// What stands in the shop before the history begins.
    static let opening: [Action] =
        ["LAMP", "VASE", "PEN"].map { .register($0, isCharge: false, price: 25_501, currency: "GBP") }
        + [.register("EURO", isCharge: false, price: 99_999, currency: "EUR")]
        + [.register("BARE", isCharge: false, price: nil, currency: "GBP")]
        + charges.map { .register($0, isCharge: true, price: nil, currency: "GBP") }

    /// - Parameter shop: what stands there by now, so that most of what is asked could be.
    mutating func next(in shop: ShopModel) -> Action {
        // Whole seconds now and then, so that the exact instant of an expiry is met.
        let steps = [0, 1, 1_000_000, 1_000_000, 5_000_000, 60_000_000, 3_600_000_000]
        now += steps.randomElement(using: &random)!
        if number(0...9) == 0 { now += number(1...999_999) } else { now = (now + 999_999) / 1_000_000 * 1_000_000 }
        switch number(0...99) {
        case 0: return .register(code(), isCharge: false, price: price(), currency: "GBP")
        case 1...4: return .changePrice(code(), to: price(), currency: number(0...5) == 0 ? "EUR" : "GBP")
        case 5...18: return .receive(code(), at: location(), quantity: number(1...30))
        case 19...24: return .adjust(code(), at: location(), delta: delta())
        case 25...32:
            return .reserve(
                code(), quantity: number(1...20), id: reservation(),
                seconds: [1, 5, 60, 3_600].randomElement(using: &random)!)
        case 33...36: return .release(code(), id: number(0...1) == 0 ? order(in: shop) : reservation())
        case 37...52:
            return .add(code(), quantity: number(1...8), quoted: number(0...4) == 0 ? price() : nil, to: cart())
        case 53...56: return .charge(code(), quantity: number(1...2), price: price(), to: cart())
        case 57...58: return .change(code(), to: number(1...9), in: cart())
        case 59...61: return .remove(code(), from: cart())
        case 62...71: return .place(cart(), as: order())
        case 72...75:
            return .pay(
                order(in: shop), minorUnits: number(1...5_000), currency: number(0...9) == 0 ? "EUR" : "GBP")
        case 76...77: return .cancel(order(in: shop))
        case 78...85:
            let order = order(in: shop)
            return .fulfil(order, number(0...2) == 0 ? nil : pieces(of: shop.orders[order], upTo: 5))
        case 86...92:
            let order = order(in: shop)
            return .giveBack(
                order, pieces(of: shop.orders[order], upTo: 3), ShopModel.Fate.allCases[number(0...2)])
        case 93...95:
            let lines = (0..<number(1...3)).map { _ in
                (
                    code: code(), quantity: number(1...2), price: price(),
                    order: number(0...2) == 0 ? nil : Optional(order(in: shop))
                )
            }
            return .credit(document(), lines)
        case 96...97:
            return .recordAdjustment(document(), at: location(), (0..<number(1...3)).map { _ in (code(), delta()) })
        default:
            return .recordBadDebt(document(), code: code(), quantity: number(1...3), price: number(-99_999...99_999))
        }
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &random) }
    private mutating func delta() -> Int { number(1...12) * (number(0...1) == 0 ? 1 : -1) }
    private mutating func price() -> Int { number(0...3) == 0 ? number(0...99) : number(0...99_999) }
    private mutating func location() -> String { Self.locations.randomElement(using: &random)! }
    private mutating func cart() -> String { "c\(number(1...12))" }
    private mutating func order() -> String { "o\(number(1...8))" }
    private mutating func document() -> String { "d\(number(1...40))" }
    /// Sometimes the name of an order, whose reservations are named after it.
    private mutating func reservation() -> String { number(0...5) == 0 ? order() : "r\(number(1...6))" }

    /// The first goods more often than the others, so that stock gets short.
    private mutating func code() -> String {
        number(0...2) > 0 ? Self.goods[number(0...2)] : Self.codes.randomElement(using: &random)!
    }

    /// Mostly one that was placed.
    private mutating func order(in shop: ShopModel) -> String {
        number(0...9) == 0 ? order() : shop.orders.keys.sorted().randomElement(using: &random) ?? order()
    }

    /// Mostly what was ordered.
    private mutating func pieces(of order: ShopModel.Order?, upTo quantity: Int) -> [Action.Piece] {
        let ordered = order?.ordered.map(\.code) ?? []
        return (0..<number(1...2)).map { _ in
            let code = number(0...7) == 0 ? code() : ordered.randomElement(using: &random) ?? code()
            return (code, number(1...quantity))
        }
    }
}
