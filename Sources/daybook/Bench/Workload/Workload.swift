import EventStore
import Ledger

/// The commands of a measurement, by their number: the same number gives the same command, whoever asks.
struct Workload: Sendable {
    enum Kind: Sendable {
        /// Reservations of one piece of a random item.
        case reservations(expirySeconds: Int64)
        /// Carts of which `active` are filled side by side, each with the same number of commands. Every cart is a stream.
        case carts(active: Int, commandsEach: Int)
    }

    let kind: Kind
    let shop: BenchShop
    let seed: UInt64

    /// Commands `first` and so many behind it, each with a key of its own.
    func submissions(from first: Int, count: Int) throws -> [Submission] {
        var random = SplitMix64(seed: seed ^ UInt64(first) &* 0xD1B5_4A32_D192_ED03)
        return try (first..<first + count).map { number in
            let sku = shop.skus[Int.random(in: 0..<shop.skus.count, using: &random)]
            return try Submission(try command(number, sku), key: CommandKey.make(&random), actor: "bench")
        }
    }

    private func command(_ number: Int, _ sku: SKU) throws -> any Command {
        switch kind {
        case .reservations(let expirySeconds):
            try ReserveStock(sku: sku, quantity: 1, expiresInSeconds: expirySeconds)
        case .carts(let active, let commandsEach):
            try AddToCart(
                cart: CartID(trusted: Self.cart(Self.cart(ofCommand: number, active, commandsEach))), sku: sku,
                quantity: 1)
        }
    }

    /// Which cart a command goes to.
    static func cart(ofCommand number: Int, _ active: Int, _ commandsEach: Int) -> Int {
        number / (active * commandsEach) * active + number % active
    }

    static func cart(_ number: Int) -> String { "cart-" + BenchShop.padded(number, 10) }
}
