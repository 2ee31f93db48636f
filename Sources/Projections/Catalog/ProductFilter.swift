import GRDB

/// Which products a list or a search is to show. Charges are never shown.
package struct ProductFilter: Sendable {
    package var category: String?
    package var brand: String?
    /// In ten-thousandths, of whatever currency.
    package var minPrice: Int64?
    package var maxPrice: Int64?
    package var inStock: Bool?

    package init() {}

    /// A condition on the table `product`.
    var condition: (sql: String, arguments: StatementArguments) {
        var parts = ["product.is_goods"]
        var arguments = StatementArguments()
        if let category {
            parts.append("product.id IN (SELECT id FROM product_category WHERE category = ?)")
            arguments += [category]
        }
        if let brand {
            parts.append("product.brand = ?")
            arguments += [brand]
        }
        if let minPrice {
            parts.append("product.price >= ?")
            arguments += [minPrice]
        }
        if let maxPrice {
            parts.append("product.price <= ?")
            arguments += [maxPrice]
        }
        if let inStock { parts.append(inStock ? "product.available > 0" : "product.available <= 0") }
        return (parts.joined(separator: " AND "), arguments)
    }
}
