import EventStore
import GRDB
import Ledger
import Projections

/// How many pieces of each SKU can be bought, the fewest first: what has to be ordered soon.
struct ShelfProjection: Projection {
    static let name = "shelf"
    static let version = 1
    static let categories: Set<Ledger.Category> = [.stock]

    /// What the batch changes: a SKU's row is written once, however often it is sold.
    private var changes: [String: Int64] = [:]

    static func createSchema(in database: Database) throws {
        try database.execute(
            sql: "CREATE TABLE shelf (sku TEXT PRIMARY KEY, available INTEGER NOT NULL) WITHOUT ROWID")
    }

    static func createIndexes(in database: Database) throws {
        try database.execute(sql: "CREATE INDEX shelf_available ON shelf (available, sku)")
    }

    mutating func apply(_ recorded: Recorded, in database: Database) throws {
        guard case .stock(let event) = recorded.event else { return }
        for movement in StockItem.movements(of: event) {
            if case .available = movement.from { changes[recorded.record.stream.id, default: 0] -= movement.quantity }
            if case .available = movement.to { changes[recorded.record.stream.id, default: 0] += movement.quantity }
        }
    }

    mutating func finish(in database: Database) throws {
        let add = try database.cachedStatement(
            sql: "INSERT INTO shelf VALUES (?, ?) ON CONFLICT DO UPDATE SET available = available + excluded.available")
        for (sku, change) in changes.sorted(by: { $0.key < $1.key }) { try add.execute(arguments: [sku, change]) }
    }
}

extension ShelfProjection {
    /// SKUs of which fewer can be bought, the fewest first.
    static func fewer(than available: Int64, in database: Database) throws -> [String] {
        try String.fetchAll(
            database, sql: "SELECT sku FROM shelf WHERE available < ? ORDER BY available, sku", arguments: [available])
    }
}
