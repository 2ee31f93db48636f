import EventStore
import Ledger
import Testing

@Suite("Kinds of events")
struct EventTypeTests {
    /// For ever: numbers stand in records, names in feeds. Add lines; never change one.
    private static let table: [(number: UInt16, name: String, category: String)] = [
        (1, "product.registered", "product"),
        (2, "product.price-changed", "product"),
        (10, "stock.received", "stock"),
        (11, "stock.adjusted", "stock"),
        (12, "stock.reserved", "stock"),
        (13, "stock.released", "stock"),
        (14, "stock.shipped", "stock"),
        (15, "stock.returned", "stock"),
        (16, "stock.taken-back", "stock"),
        (20, "cart.line-added", "cart"),
        (21, "cart.charge-added", "cart"),
        (22, "cart.quantity-changed", "cart"),
        (23, "cart.line-removed", "cart"),
        (24, "cart.ordered", "cart"),
        (30, "order.placed", "order"),
        (31, "order.paid", "order"),
        (32, "order.fulfilled", "order"),
        (33, "order.cancelled", "order"),
        (34, "order.returned", "order"),
        (40, "order.number-assigned", "numbers"),
        (50, "credit-note.issued", "document"),
        (51, "adjustment.recorded", "document"),
        (52, "bad-debt.recorded", "document"),
    ]

    @Test("Numbers, names and categories are those of the table, and there are no others")
    func table() {
        let actual = EventType.allCases.map { [String($0.rawValue), $0.name, $0.category.name] }
        let expected = Self.table.map { [String($0.number), $0.name, $0.category] }
        #expect(actual == expected)
    }

    @Test("A kind is found by its name, and nothing is found by another")
    func byName() {
        for type in EventType.current { #expect(EventType(name: type.name) == type) }
        for name in ["", "stock", "stock.Reserved", "stock.reserved "] { #expect(EventType(name: name) == nil) }
    }

    @Test("The categories' numbers, which stand in records too, are those of the table")
    func categories() {
        let actual = Category.allCases.map { "\($0.rawValue) \($0.name)" }
        #expect(actual == ["1 product", "2 stock", "3 cart", "4 order", "5 numbers", "6 document"])
    }
}
