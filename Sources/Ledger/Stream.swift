/// The kinds of streams. The raw values stand in stored records and never change.
package enum Category: UInt8, CaseIterable, Sendable {
    case product = 1
    case stock = 2
    case cart = 3
    case order = 4
    case numbers = 5
    case document = 6

    package var name: String {
        switch self {
        case .product: "product"
        case .stock: "stock"
        case .cart: "cart"
        case .order: "order"
        case .numbers: "numbers"
        case .document: "document"
        }
    }
}

/// The history of one aggregate, by name: `cart-…`, `stock-85123A`.
package struct StreamName: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let category: Category
    package let id: String

    package init(_ category: Category, _ id: String) {
        self.category = category
        self.id = id
    }

    /// Reads `category-id`; nil where the category is not one.
    package init?(_ text: String) {
        guard let dash = text.firstIndex(of: "-"), text[dash...].count > 1,
            let category = Category.allCases.first(where: { $0.name == text[..<dash] })
        else { return nil }
        self.init(category, String(text[text.index(after: dash)...]))
    }

    package var description: String { category.name + "-" + id }

    package static func < (left: StreamName, right: StreamName) -> Bool {
        (left.category.rawValue, left.id) < (right.category.rawValue, right.id)
    }

    package static func product(_ sku: SKU) -> StreamName { StreamName(.product, sku.text) }
    package static func stock(_ sku: SKU) -> StreamName { StreamName(.stock, sku.text) }
    package static func cart(_ cart: CartID) -> StreamName { StreamName(.cart, cart.text) }
    package static func order(_ order: OrderID) -> StreamName { StreamName(.order, order.text) }
    package static func document(_ document: DocumentID) -> StreamName { StreamName(.document, document.text) }
    package static let orderNumbers = StreamName(.numbers, "orders")
}
