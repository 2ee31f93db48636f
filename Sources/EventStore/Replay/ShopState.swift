import Crypto
import Foundation
package import Ledger

/// Every aggregate of a shop, folded from the log alone.
package struct ShopState {
    private struct Folded<State: Aggregate> {
        var states: [String: State] = [:]
        var versions: [String: UInt64] = [:]

        mutating func apply(_ event: State.Event, _ record: Record) {
            states[record.stream.id, default: State()].apply(event)
            versions[record.stream.id] = record.version.rawValue
        }
    }

    private var products = Folded<Product>()
    private var stocks = Folded<StockItem>()
    private var carts = Folded<Cart>()
    private var orders = Folded<Order>()
    private var numbers = Folded<OrderNumbers>()
    private var documents = Folded<Document>()
    package private(set) var events: Int64 = 0

    package init() {}

    package mutating func apply(_ recorded: Recorded) {
        events += 1
        switch recorded.event {
        case .product(let event): products.apply(event, recorded.record)
        case .stock(let event): stocks.apply(event, recorded.record)
        case .cart(let event): carts.apply(event, recorded.record)
        case .order(let event): orders.apply(event, recorded.record)
        case .numbers(let event): numbers.apply(event, recorded.record)
        case .document(let event): documents.apply(event, recorded.record)
        }
    }

    package func stock(_ sku: String) -> StockItem? { stocks.states[sku] }

    /// How many streams of each kind there are.
    package var counts: [(name: String, count: Int)] {
        [
            ("products", products.states.count), ("stock items", stocks.states.count), ("carts", carts.states.count),
            ("orders", orders.states.count), ("documents", documents.states.count),
        ]
    }

    /// SHA-256 over every stream in order: its name, version and state as JSON with sorted keys. Equal states have
    /// equal hashes, whatever machine folded them and in how many steps.
    package func hash() throws -> String {
        var hasher = SHA256()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try Self.add(products, .product, to: &hasher, encoder)
        try Self.add(stocks, .stock, to: &hasher, encoder)
        try Self.add(carts, .cart, to: &hasher, encoder)
        try Self.add(orders, .order, to: &hasher, encoder)
        try Self.add(numbers, .numbers, to: &hasher, encoder)
        try Self.add(documents, .document, to: &hasher, encoder)
        return hasher.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func add<State>(
        _ folded: Folded<State>, _ category: Category, to hasher: inout SHA256, _ encoder: JSONEncoder
    ) throws {
        for (id, state) in folded.states.sorted(by: { $0.key < $1.key }) {
            hasher.update(data: Data("\(category.name)-\(id)\n\(folded.versions[id] ?? 0)\n".utf8))
            hasher.update(data: try encoder.encode(state))
            hasher.update(data: [UInt8(ascii: "\n")])
        }
    }
}
