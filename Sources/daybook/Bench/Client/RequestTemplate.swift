/// One command as the bytes of its HTTP request. Only key, cart and item change from one to the next, in place, so that
/// making a request costs nothing beside sending it.
struct RequestTemplate {
    enum Command: String {
        case addToCart = "add-to-cart"
        case reserveStock = "reserve-stock"
    }

    private(set) var bytes: [UInt8]
    private let items: Int
    private var random: SplitMix64
    private let key: Range<Int>
    private let item: Range<Int>
    private let cart: Range<Int>?
    /// Carts filled side by side, and how many commands each gets.
    private let carts = (active: 1_000, commandsEach: 10)

    private let firstCart: Int

    init(_ command: Command, port: Int, items: Int, seed: UInt64, firstCart: Int = 0) {
        self.items = items
        self.firstCart = firstCart
        random = SplitMix64(seed: seed)
        let cartField = command == .addToCart ? #""cart":"\#(Workload.cart(0))","# : ""
        let body = #"{\#(cartField)"sku":"\#(BenchShop.sku(0))","quantity":1}"#
        let key = String(repeating: "-", count: CommandKey.bytes)
        let text =
            "POST /commands/\(command.rawValue) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/json\r\n"
            + "Idempotency-Key: \(key)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        bytes = Array(text.utf8)
        self.key = Self.place(of: key, in: bytes, digits: CommandKey.bytes)
        item = Self.place(of: BenchShop.sku(0), in: bytes, digits: 6)
        cart = command == .addToCart ? Self.place(of: Workload.cart(0), in: bytes, digits: 10) : nil
    }

    /// Makes it the command of that number.
    mutating func stamp(_ number: Int) {
        CommandKey.write(random.next(), random.next(), to: &bytes[key])
        write(Int.random(in: 0..<items, using: &random), item)
        if let cart { write(firstCart + Workload.cart(ofCommand: number, carts.active, carts.commandsEach), cart) }
    }

    private mutating func write(_ number: Int, _ place: Range<Int>) {
        var rest = number
        for index in place.reversed() {
            bytes[index] = UInt8(48 + rest % 10)
            rest /= 10
        }
    }

    /// The last so many bytes of the only place where the text stands.
    private static func place(of text: String, in bytes: [UInt8], digits: Int) -> Range<Int> {
        let wanted = Array(text.utf8)
        let starts = (0...bytes.count - wanted.count).filter { bytes[$0...].starts(with: wanted) }
        precondition(starts.count == 1, "\(text) stands once in the request")
        let end = starts[0] + wanted.count
        return end - digits..<end
    }
}
