package import EventStore
package import GRDB
import JSON
package import Ledger

/// The products with their prices and how many may be bought.
package struct CatalogProjection: Projection {
    package static let name = "catalog"
    package static let version = 1
    package static let categories: Set<Category> = [.product, .stock]

    private var availability = Availability()

    package init() {}

    package static func createSchema(in database: Database) throws {
        try ProductTable.createSchema(in: database)
    }

    package mutating func apply(_ recorded: Recorded, in database: Database) throws {
        switch recorded.event {
        case .product(let event): try ProductTable.apply(event, of: recorded.record, in: database)
        case .stock(let event): availability.apply(event, sku: recorded.record.stream.id)
        case .cart, .order, .numbers, .document: break
        }
    }

    package mutating func finish(in database: Database) throws {
        try ProductTable.apply(availability, in: database)
    }
}

extension CatalogProjection: EntityProjection {
    package static let entity = Category.product

    /// Its stock: a product shows how many may be bought.
    package static func companions(of id: String, _ history: [Event]) -> Set<StreamName> { [StreamName(.stock, id)] }

    /// Goods or charge.
    package static func answer(about id: String, now: Timestamp, in database: Database) throws -> EntityAnswer? {
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT \(ProductTable.answerColumns) FROM product WHERE sku = ?"),
            arguments: [id])
        return row.map { row in
            EntityAnswer(json: JSONWriter.object { ProductTable.write(row, to: &$0) }, version: row["version"])
        }
    }
}

extension ReadModels {
    package var catalog: ReadModel { self[CatalogProjection.self] }
}
