package import EventStore
package import GRDB
package import Ledger

/// How many pieces of each SKU are where. What made it so stands in the log: `StockMovements`.
package struct StockProjection: Projection {
    package static let name = "stock"
    package static let version = 3
    package static let categories: Set<Category> = [.stock]

    private var balances: [BalanceKey: Int64] = [:]
    private var heads: [String: (version: Version, position: Position)] = [:]

    private struct BalanceKey: Hashable, Comparable {
        let sku: String
        let account: String
        let location: String

        static func < (left: BalanceKey, right: BalanceKey) -> Bool {
            (left.sku, left.account, left.location) < (right.sku, right.account, right.location)
        }
    }

    package init() {}

    package static func createSchema(in database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE item (sku TEXT PRIMARY KEY, version INTEGER NOT NULL, position INTEGER NOT NULL) WITHOUT ROWID;
                CREATE TABLE balance (
                    sku TEXT NOT NULL, account TEXT NOT NULL, location TEXT NOT NULL, quantity INTEGER NOT NULL,
                    PRIMARY KEY (sku, account, location)
                ) WITHOUT ROWID;
                -- Reservations that end by the clock: from then on they count as available.
                CREATE TABLE expiring (
                    sku TEXT NOT NULL, reservation TEXT NOT NULL, location TEXT NOT NULL, quantity INTEGER NOT NULL,
                    expires_at INTEGER NOT NULL, PRIMARY KEY (sku, reservation, location)
                ) WITHOUT ROWID;
                """)
    }

    package mutating func apply(_ recorded: Recorded, in database: Database) throws {
        guard case .stock(let event) = recorded.event else { return }
        let sku = recorded.record.stream.id
        heads[sku] = (recorded.record.version, recorded.record.position)
        try trackExpiry(of: event, sku: sku, in: database)
        for movement in StockItem.movements(of: event) {
            add(-movement.quantity, of: sku, to: movement.from.place)
            add(movement.quantity, of: sku, to: movement.to.place)
        }
    }

    private mutating func add(_ change: Int64, of sku: String, to place: StockItem.Place) {
        balances[BalanceKey(sku: sku, account: place.account, location: place.location), default: 0] += change
    }

    private func trackExpiry(of event: StockItem.Event, sku: String, in database: Database) throws {
        switch event {
        case .reserved(let id, let reservation):
            guard let expiresAt = reservation.expiresAt else { return }
            for allocation in reservation.allocations {
                try database.cachedStatement(sql: "INSERT INTO expiring VALUES (?, ?, ?, ?, ?)").execute(arguments: [
                    sku, id.text, allocation.location.text, allocation.quantity, expiresAt.microseconds,
                ])
            }
        case .released(let id, _, _), .shipped(let id, _):
            try database.cachedStatement(sql: "DELETE FROM expiring WHERE sku = ? AND reservation = ?")
                .execute(arguments: [sku, id.text])
        case .received, .adjusted, .takenBack: break
        }
    }

    package mutating func finish(in database: Database) throws {
        let item = try database.cachedStatement(sql: "INSERT OR REPLACE INTO item VALUES (?, ?, ?)")
        for (sku, head) in heads.sorted(by: { $0.key < $1.key }) {
            try item.execute(arguments: [sku, Int64(head.version.rawValue), Int64(head.position.rawValue)])
        }
        let balance = try database.cachedStatement(
            sql: """
                INSERT INTO balance VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity
                """)
        for (key, change) in balances.sorted(by: { $0.key < $1.key }) {
            try balance.execute(arguments: [key.sku, key.account, key.location, change])
        }
    }
}

extension StockItem {
    /// An account as rows and answers name it.
    struct Place {
        let account: String
        /// Empty for the accounts that are nowhere.
        var location = ""

        /// `available:main`.
        var text: String { location.isEmpty ? account : account + ":" + location }
    }
}

extension StockItem.Account {
    var place: StockItem.Place {
        switch self {
        case .supplier: StockItem.Place(account: "supplier")
        case .available(let location): StockItem.Place(account: "available", location: location.text)
        case .reserved(let location): StockItem.Place(account: "reserved", location: location.text)
        case .shipped: StockItem.Place(account: "shipped")
        case .returned: StockItem.Place(account: "returned")
        case .damaged: StockItem.Place(account: "damaged")
        case .lost: StockItem.Place(account: "lost")
        }
    }
}

extension ReadModels {
    package var stock: ReadModel { self[StockProjection.self] }
}
