package import EventStore
package import GRDB
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

extension ReadModels {
    package var catalog: ReadModel { self[CatalogProjection.self] }
}
