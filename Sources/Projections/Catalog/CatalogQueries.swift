import GRDB
import JSON

/// The list of goods.
package struct CatalogQueries: Sendable {
    /// The order of a list; the SKU decides between equals.
    package enum Sort: String, CaseIterable, Sendable {
        case name
        case nameDescending = "-name"
        case price
        case priceDescending = "-price"
        case newest

        package var isByName: Bool { self == .name || self == .nameDescending }

        fileprivate var column: String {
            switch self {
            case .name, .nameDescending: "product.name"
            // A product without a price comes before all others.
            case .price, .priceDescending: "coalesce(product.price, -1)"
            case .newest: "product.id"
            }
        }

        fileprivate var isDescending: Bool {
            switch self {
            case .name, .price: false
            case .nameDescending, .priceDescending, .newest: true
            }
        }
    }

    private let model: ReadModel

    package init(_ model: ReadModel) { self.model = model }

    package func products(_ filter: ProductFilter, sort: Sort, limit: Int, after cursor: Cursor?) throws -> Page {
        var (condition, arguments) = filter.condition
        let direction = sort.isDescending ? "DESC" : "ASC"
        if let values = cursor?.values, values.count == 2 {
            // Numbers went into the cursor as text: CAST gives them back the order of numbers.
            let bound = sort.column == "product.name" ? "?" : "CAST(? AS INTEGER)"
            condition += " AND (\(sort.column), product.sku) \(sort.isDescending ? "<" : ">") (\(bound), ?)"
            arguments += [values[0], values[1]]
        }
        let sql = """
            SELECT \(ProductTable.answerColumns), product.sku AS sku, \(sort.column) AS sort_value FROM product
            WHERE \(condition) ORDER BY sort_value \(direction), product.sku \(direction) LIMIT ?
            """
        arguments += [limit + 1]
        let rows = try model.read { try Row.fetchAll($0, sql: sql, arguments: arguments) }
        return Page(rows, limit: limit) { row in
            JSONWriter.object { ProductTable.write(row, to: &$0) }
        } cursor: { row in
            Cursor([String.fromDatabaseValue(row["sort_value"]) ?? String(row["sort_value"] as Int64), row["sku"]])
        }
    }
}
