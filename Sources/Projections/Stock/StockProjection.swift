package import EventStore
package import GRDB
package import Ledger

/// How many pieces of each SKU are where, and every movement that made it so.
package struct StockProjection: Projection {
    package static let name = "stock"
    package static let version = 3
    package static let categories: Set<Category> = [.stock]

    private var balances: [BalanceKey: Int64] = [:]
    private var heads: [String: (version: Version, position: Position)] = [:]
    private var movements: RowInsertion?

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
                -- In the order of the log, so that rows are added at the end.
                CREATE TABLE movement (
                    position INTEGER NOT NULL, part INTEGER NOT NULL, sku TEXT NOT NULL, type INTEGER NOT NULL,
                    source TEXT NOT NULL, target TEXT NOT NULL, quantity INTEGER NOT NULL, cause TEXT, effective_at INTEGER NOT NULL,
                    actor TEXT NOT NULL
                );
                """)
    }

    package static func createIndexes(in database: Database) throws {
        try database.execute(sql: "CREATE UNIQUE INDEX movement_sku ON movement (sku, position, part)")
    }

    package mutating func apply(_ recorded: Recorded, in database: Database) throws {
        guard case .stock(let event) = recorded.event else { return }
        let sku = recorded.record.stream.id
        heads[sku] = (recorded.record.version, recorded.record.position)
        try trackExpiry(of: event, sku: sku, in: database)
        var row =
            try movements ?? RowInsertion("INSERT INTO movement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", in: database)
        movements = row
        for (part, movement) in StockItem.movements(of: event).enumerated() {
            let source = movement.from.place
            let target = movement.to.place
            balances[BalanceKey(sku: sku, account: source.account, location: source.location), default: 0] -=
                movement.quantity
            balances[BalanceKey(sku: sku, account: target.account, location: target.location), default: 0] +=
                movement.quantity
            row.bind(Int64(recorded.record.position.rawValue))
            row.bind(Int64(part))
            row.bind(sku)
            row.bind(Int64(recorded.record.type.rawValue))
            row.bind(source.text)
            row.bind(target.text)
            row.bind(movement.quantity)
            row.bind(event.cause)
            row.bind(recorded.record.effectiveAt.microseconds)
            row.bind(recorded.record.actor)
            try row.insert()
        }
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

extension StockItem.Account {
    fileprivate var place: (account: String, location: String, text: String) {
        switch self {
        case .supplier: ("supplier", "", "supplier")
        case .available(let location): ("available", location.text, "available:" + location.text)
        case .reserved(let location): ("reserved", location.text, "reserved:" + location.text)
        case .shipped: ("shipped", "", "shipped")
        case .returned: ("returned", "", "returned")
        case .damaged: ("damaged", "", "damaged")
        case .lost: ("lost", "", "lost")
        }
    }
}

extension StockItem.Event {
    /// What the movement was for, in one word for people: a reference, a reason, an order, a document.
    fileprivate var cause: String? {
        switch self {
        case .received(_, let reference): reference
        case .adjusted(_, _, let reason): reason
        case .reserved(let id, _), .released(let id, _, _), .shipped(let id, _): id.text
        case .takenBack(_, let document, _): document.text
        }
    }
}

extension ReadModels {
    package var stock: ReadModel { self[StockProjection.self] }
}
