package import EventStore
package import GRDB
package import Ledger

/// The words by which shoppers find products, in SQLite's full-text index (FTS5).
package struct SearchProjection: Projection {
    package static let name = "search"
    package static let version = 1
    package static let categories: Set<Category> = [.product, .stock, .order]

    private var availability = Availability()
    /// How often each SKU was ordered in this batch.
    private var orders: [String: Int64] = [:]

    package init() {}

    package static func createSchema(in database: Database) throws {
        try ProductTable.createSchema(in: database)
        // The text itself stands in product.document: the index keeps none of it.
        try database.execute(
            sql: """
                CREATE VIRTUAL TABLE product_text USING fts5(
                    sku, name, other_names, brand, categories, description,
                    content = '', tokenize = 'porter unicode61 remove_diacritics 2', prefix = '2 3'
                );
                -- Words as they are written: what a shopper has typed so far is the beginning of a word, seldom of its stem.
                CREATE VIRTUAL TABLE product_word USING fts5(
                    sku, name, other_names, brand, categories,
                    content = '', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
                );
                CREATE TABLE popularity (id INTEGER PRIMARY KEY, orders INTEGER NOT NULL);
                """)
    }

    package mutating func apply(_ recorded: Recorded, in database: Database) throws {
        switch recorded.event {
        case .product(let event):
            try ProductTable.apply(event, of: recorded.record, in: database)
            guard case .registered(let details) = event, details.kind == .goods else { return }
            try database.cachedStatement(
                sql:
                    "INSERT INTO product_text (rowid, sku, name, other_names, brand, categories, description) VALUES (?, ?, ?, ?, ?, ?, ?)"
            ).execute(arguments: [
                Int64(recorded.record.position.rawValue), recorded.record.stream.id, details.name,
                details.otherNames.joined(separator: "\n"), details.brand, details.categories.joined(separator: "\n"),
                details.description,
            ])
            try database.cachedStatement(
                sql:
                    "INSERT INTO product_word (rowid, sku, name, other_names, brand, categories) VALUES (?, ?, ?, ?, ?, ?)"
            ).execute(arguments: [
                Int64(recorded.record.position.rawValue), recorded.record.stream.id, details.name,
                details.otherNames.joined(separator: "\n"), details.brand, details.categories.joined(separator: "\n"),
            ])
        case .order(.placed(let placement)):
            for sku in Set(placement.lines.map(\.sku.text)) { orders[sku, default: 0] += 1 }
        case .stock(let event): availability.apply(event, sku: recorded.record.stream.id)
        case .cart, .order, .numbers, .document: break
        }
    }

    package mutating func finish(in database: Database) throws {
        try ProductTable.apply(availability, in: database)
        let order = try database.cachedStatement(
            sql: """
                INSERT INTO popularity SELECT id, ? FROM product WHERE sku = ?
                ON CONFLICT DO UPDATE SET orders = orders + excluded.orders
                """)
        for (sku, count) in orders.sorted(by: { $0.key < $1.key }) { try order.execute(arguments: [count, sku]) }
    }
}

extension ReadModels {
    package var search: ReadModel { self[SearchProjection.self] }
}
