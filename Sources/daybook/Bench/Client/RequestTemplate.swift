/// One command as the bytes of its HTTP request. Only key, cart and item change from one to the next, in place, so that
/// making a request costs nothing beside sending it.
struct RequestTemplate {
    enum Command: Equatable {
        case addToCart, reserveStock
        /// A stocktaking: one document with so many lines, which is so many events and one.
        case recordAdjustment(lines: Int)
    }

    private(set) var bytes: [UInt8]
    private let items: Int
    private var random: SplitMix64
    private let key: Range<Int>
    /// Each names another item.
    private let itemPlaces: [Range<Int>]
    private let cart: Range<Int>?
    /// Carts filled side by side, and how many commands each gets.
    private let carts = (active: 1_000, commandsEach: 10)
    private let firstCart: Int

    init(_ command: Command, port: Int, items: Int, seed: UInt64, firstCart: Int = 0) {
        self.items = items
        self.firstCart = firstCart
        random = SplitMix64(seed: seed)
        let body = command.body
        let key = String(repeating: "-", count: CommandKey.bytes)
        let text =
            "POST /commands/\(command.name) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/json\r\n"
            + "Idempotency-Key: \(key)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        bytes = Array(text.utf8)
        self.key = Self.places(of: key, in: bytes, digits: CommandKey.bytes)[0]
        itemPlaces = Self.places(of: BenchShop.sku(0), in: bytes, digits: 6)
        cart = Self.places(of: Workload.cart(0), in: bytes, digits: 10).first
    }

    /// Makes it the command of that number.
    mutating func stamp(_ number: Int) {
        CommandKey.write(random.next(), random.next(), to: &bytes[key])
        let first = Int.random(in: 0..<items, using: &random)
        for (offset, place) in itemPlaces.enumerated() { write((first + offset) % items, place) }
        if let cart { write(firstCart + Workload.cart(ofCommand: number, carts.active, carts.commandsEach), cart) }
    }

    private mutating func write(_ number: Int, _ place: Range<Int>) {
        var rest = number
        for index in place.reversed() {
            bytes[index] = UInt8(48 + rest % 10)
            rest /= 10
        }
    }

    /// The last so many bytes of each place where the text stands.
    private static func places(of text: String, in bytes: [UInt8], digits: Int) -> [Range<Int>] {
        let wanted = Array(text.utf8)
        return (0...bytes.count - wanted.count).filter { bytes[$0...].starts(with: wanted) }
            .map { $0 + wanted.count - digits..<$0 + wanted.count }
    }
}

extension RequestTemplate.Command {
    var name: String {
        switch self {
        case .addToCart: "add-to-cart"
        case .reserveStock: "reserve-stock"
        case .recordAdjustment: "record-adjustment"
        }
    }

    /// How many events an accepted one makes.
    var events: Int { if case .recordAdjustment(let lines) = self { lines + 1 } else { 1 } }

    fileprivate var body: String {
        switch self {
        case .addToCart: return #"{"cart":"\#(Workload.cart(0))","sku":"\#(BenchShop.sku(0))","quantity":1}"#
        case .reserveStock: return #"{"sku":"\#(BenchShop.sku(0))","quantity":1}"#
        case .recordAdjustment(let lines):
            let line = #"{"code":"\#(BenchShop.sku(0))","delta":1,"reason":"found"}"#
            let all = Array(repeating: line, count: lines).joined(separator: ",")
            return #"{"currency":"GBP","location":"main","lines":[\#(all)]}"#
        }
    }
}
