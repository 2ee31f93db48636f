package import EventStore
package import GRDB
package import Ledger

/// What stands in each cart.
package struct CartsProjection: Projection {
    package static let name = "carts"
    package static let version = 1
    package static let categories: Set<Category> = [.product, .cart]

    private struct Head {
        var version: Version
        var order: OrderID?
    }

    /// The carts of the batch, written once each.
    private var heads: [String: Head] = [:]
    private var lines: BulkStatement?

    package init() {}

    package static func createSchema(in database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE cart (id TEXT PRIMARY KEY, version INTEGER NOT NULL, ordered_as TEXT) WITHOUT ROWID;
                -- line is the version of the cart at which it was added.
                CREATE TABLE line (
                    cart TEXT NOT NULL, line INTEGER NOT NULL, is_charge INTEGER NOT NULL, is_quoted INTEGER NOT NULL, code TEXT NOT NULL,
                    label TEXT, quantity INTEGER NOT NULL, price INTEGER NOT NULL, currency TEXT NOT NULL, PRIMARY KEY (cart, line)
                ) WITHOUT ROWID;
                CREATE TABLE product_name (sku TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
                """)
    }

    package mutating func apply(_ recorded: Recorded, in database: Database) throws {
        let stream = recorded.record.stream.id
        switch recorded.event {
        case .product(.registered(let details)):
            try database.cachedStatement(sql: "INSERT INTO product_name VALUES (?, ?)").execute(arguments: [
                stream, details.name,
            ])
        case .cart(let event):
            heads[stream, default: Head(version: .none)].version = recorded.record.version
            try apply(event, to: stream, version: recorded.record.version, in: database)
        case .product, .stock, .order, .numbers, .document: break
        }
    }

    private mutating func apply(_ event: Cart.Event, to cart: String, version: Version, in database: Database) throws {
        switch event {
        case .lineAdded(let line): try add(line, to: cart, version: version, in: database)
        case .chargeAdded(let charge):
            try insert(
                Line(isCharge: true, isQuoted: false, code: charge.code.text, label: charge.label),
                charge.quantity, charge.unitPrice, in: cart, version, database)
        case .quantityChanged(let sku, let quantity):
            try changeQuantity(of: sku, to: quantity, in: cart, database)
        case .lineRemoved(let sku):
            try database.cachedStatement(sql: "DELETE FROM line WHERE cart = ? AND code = ? AND NOT is_charge")
                .execute(arguments: [cart, sku.text])
        case .ordered(let order): heads[cart]?.order = order
        }
    }

    private struct Line {
        let isCharge: Bool
        let isQuoted: Bool
        let code: String
        let label: String?
    }

    private mutating func insert(
        _ line: Line, _ quantity: Int64, _ price: Amount, in cart: String, _ version: Version, _ database: Database
    ) throws {
        var row = try lines ?? BulkStatement("INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", in: database)
        lines = row
        row.bind(cart)
        row.bind(Int64(version.rawValue))
        row.bind(line.isCharge ? 1 : 0)
        row.bind(line.isQuoted ? 1 : 0)
        row.bind(line.code)
        row.bind(line.label)
        row.bind(quantity)
        row.bind(price.tenThousandths)
        row.bind(price.currency.code)
        try row.run()
    }

    /// As `Cart.apply`: pieces at the list's price join the first such line where that has the same price.
    private mutating func add(_ line: Cart.Line, to cart: String, version: Version, in database: Database) throws {
        if !line.isQuoted {
            try database.cachedStatement(
                sql: """
                    UPDATE line SET quantity = quantity + ? WHERE cart = ? AND price = ? AND line = (
                        SELECT min(line) FROM line WHERE cart = ? AND code = ? AND NOT is_charge AND NOT is_quoted
                    )
                    """
            ).execute(arguments: [line.quantity, cart, line.unitPrice.tenThousandths, cart, line.sku.text])
            if database.changesCount > 0 { return }
        }
        try insert(
            Line(isCharge: false, isQuoted: line.isQuoted, code: line.sku.text, label: nil), line.quantity,
            line.unitPrice,
            in: cart, version, database)
    }

    /// As `Cart.apply`: all that is at the list's price becomes the first such line.
    private func changeQuantity(of sku: SKU, to quantity: Int64, in cart: String, _ database: Database) throws {
        let first = try Int64.fetchOne(
            database.cachedStatement(
                sql: "SELECT min(line) FROM line WHERE cart = ? AND code = ? AND NOT is_charge AND NOT is_quoted"),
            arguments: [cart, sku.text])
        guard let first else { return }
        try database.cachedStatement(sql: "UPDATE line SET quantity = ? WHERE cart = ? AND line = ?")
            .execute(arguments: [quantity, cart, first])
        try database.cachedStatement(
            sql: "DELETE FROM line WHERE cart = ? AND code = ? AND NOT is_charge AND NOT is_quoted AND line > ?"
        ).execute(arguments: [cart, sku.text, first])
    }

    package mutating func finish(in database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO cart VALUES (?, ?, ?) ON CONFLICT DO UPDATE
                SET version = excluded.version, ordered_as = coalesce(excluded.ordered_as, ordered_as)
                """)
        for (cart, head) in heads.sorted(by: { $0.key < $1.key }) {
            try statement.execute(arguments: [cart, Int64(head.version.rawValue), head.order?.text])
        }
    }
}

extension ReadModels {
    package var carts: ReadModel { self[CartsProjection.self] }
}
