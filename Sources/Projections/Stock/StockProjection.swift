package import EventStore
package import GRDB
package import Ledger

/// How many pieces of each SKU are where. What made it so stands in the log: `StockMovements`.
package struct StockProjection: Projection {
    package static let name = "stock"
    package static let version = 3
    package static let categories: Set<Category> = [.stock]

    /// Of the batch, each written once.
    private var items: [String: Change] = [:]
    /// Whether the file has any, nil where nobody looked yet.
    private var hasExpiring: Bool?

    private struct Change {
        var version: Version
        var position: Position
        /// Few enough to be looked through.
        private(set) var balances: [(account: StockItem.Account, quantity: Int64)] = []

        init(_ record: EventStore.Record) { (version, position) = (record.version, record.position) }

        mutating func add(_ quantity: Int64, to account: StockItem.Account) {
            if let index = balances.firstIndex(where: { $0.account == account }) {
                balances[index].quantity += quantity
            } else {
                balances.append((account, quantity))
            }
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
        let record = recorded.record
        try trackExpiry(of: event, sku: record.stream.id, in: database)
        apply(event, record, to: &items[record.stream.id, default: Change(record)])
    }

    private func apply(_ event: StockItem.Event, _ record: EventStore.Record, to item: inout Change) {
        (item.version, item.position) = (record.version, record.position)
        StockItem.forEachMovement(of: event) { movement in
            item.add(-movement.quantity, to: movement.from)
            item.add(movement.quantity, to: movement.to)
        }
    }

    private mutating func trackExpiry(of event: StockItem.Event, sku: String, in database: Database) throws {
        switch event {
        case .reserved(let id, let reservation):
            guard let expiresAt = reservation.expiresAt else { return }
            hasExpiring = true
            for allocation in reservation.allocations {
                try database.cachedStatement(sql: "INSERT INTO expiring VALUES (?, ?, ?, ?, ?)").execute(arguments: [
                    sku, id.text, allocation.location.text, allocation.quantity, expiresAt.microseconds,
                ])
            }
        case .released(let id, _, _), .shipped(let id, _):
            let hasAny = try hasExpiring ?? Self.hasExpiring(database)
            hasExpiring = hasAny
            guard hasAny else { return }
            try database.cachedStatement(sql: "DELETE FROM expiring WHERE sku = ? AND reservation = ?")
                .execute(arguments: [sku, id.text])
        case .received, .adjusted, .takenBack: break
        }
    }

    private static func hasExpiring(_ database: Database) throws -> Bool {
        try Bool.fetchOne(database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM expiring)")) == true
    }

    package mutating func finish(in database: Database) throws {
        var item = try BulkStatement("INSERT OR REPLACE INTO item VALUES (?, ?, ?)", in: database)
        var balance = try BulkStatement(
            """
            INSERT INTO balance VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity
            """, in: database)
        for (sku, change) in items.sorted(by: { $0.key < $1.key }) {
            item.bind(sku)
            item.bind(Int64(change.version.rawValue))
            item.bind(Int64(change.position.rawValue))
            try item.run()
            for (account, quantity) in change.balances {
                let place = account.place
                balance.bind(sku)
                balance.bind(place.account)
                balance.bind(place.location)
                balance.bind(quantity)
                try balance.run()
            }
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
