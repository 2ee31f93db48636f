package import Ledger

// Names as literals, so that a test reads as the story it tells. `SKU("…")` of a literal is not checked;
// tests of the check hand in a variable.

extension Identifier {
    package init(stringLiteral text: String) { self.init(trusted: text) }
}

extension SKU: ExpressibleByStringLiteral {}
extension Location: ExpressibleByStringLiteral {}
extension CartID: ExpressibleByStringLiteral {}
extension OrderID: ExpressibleByStringLiteral {}
extension ReservationID: ExpressibleByStringLiteral {}
extension CustomerID: ExpressibleByStringLiteral {}
extension DocumentID: ExpressibleByStringLiteral {}

extension Currency {
    static let gbp = Currency(trusted: "GBP")
    static let eur = Currency(trusted: "EUR")
    static let jpy = Currency(trusted: "JPY")
    static let kwd = Currency(trusted: "KWD")
}

extension Amount {
    static func gbp(_ text: String) -> Amount { try! Amount(text, currency: .gbp) }
    static func eur(_ text: String) -> Amount { try! Amount(text, currency: .eur) }
}

extension Money {
    static func gbp(_ text: String) -> Money { try! Money(text, currency: .gbp) }
    static func eur(_ text: String) -> Money { try! Money(text, currency: .eur) }
}

extension Timestamp {
    /// When the tests' commands are decided, unless they say otherwise.
    static let noon = Timestamp("2026-11-22T12:00:00Z")!
}

extension StockItem.Allocation {
    static func at(_ location: Location, _ quantity: Int64) -> Self { .init(location: location, quantity: quantity) }
}

extension Order.Pieces {
    static func of(_ code: SKU, _ quantity: Int64) -> Self { .init(code: code, quantity: quantity) }
}

extension StreamEvent {
    static func ofProduct(_ sku: SKU, _ event: Product.Event) -> Self { .init(.product(sku), .product(event)) }
    static func ofStock(_ sku: SKU, _ event: StockItem.Event) -> Self { .init(.stock(sku), .stock(event)) }
    static func ofCart(_ cart: CartID, _ event: Cart.Event) -> Self { .init(.cart(cart), .cart(event)) }
    static func ofOrder(_ order: OrderID, _ event: Order.Event) -> Self { .init(.order(order), .order(event)) }
    static func ofNumbers(_ event: OrderNumbers.Event) -> Self { .init(.orderNumbers, .numbers(event)) }
    static func ofDocument(_ document: DocumentID, _ event: Document.Event) -> Self {
        .init(.document(document), .document(event))
    }
}
