package import EventStore
package import GRDB
package import Ledger

/// What stands in each cart.
package struct CartsProjection: Projection {
    package static let name = "carts"
    package static let version = 2
    package static let categories: Set<Category> = [.product, .cart]

    private struct Head {
        /// The position of its first event, so that rows are added at the end.
        let number: Int64
        var version: Version
        var order: OrderID?

        init(number: Int64, version: Version) { (self.number, self.version) = (number, version) }

        /// A cart that begins.
        init(_ record: EventStore.Record) {
            self.init(number: Int64(record.position.rawValue), version: record.version)
        }
    }

    /// The carts of the batch, written once each.
    private var heads: [String: Head] = [:]
    private var lines: BulkStatement?

    package init() {}

    package static func createSchema(in database: Database) throws {
        try database.execute(
            sql: """
                -- number is the position of its first event.
                CREATE TABLE cart (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, ordered_as TEXT);
                -- line is the version of the cart at which it was added.
                CREATE TABLE cart_line (
                    cart INTEGER NOT NULL, line INTEGER NOT NULL, is_charge INTEGER NOT NULL, is_quoted INTEGER NOT NULL, code TEXT NOT NULL,
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
            var head = try heads[stream] ?? head(of: stream, in: database) ?? Head(recorded.record)
            head.version = recorded.record.version
            if case .ordered(let order) = event { head.order = order }
            heads[stream] = head
            try apply(event, to: head, in: database)
        case .product, .stock, .order, .numbers, .document: break
        }
    }

    private func head(of cart: String, in database: Database) throws -> Head? {
        try Row.fetchOne(
            database.cachedStatement(sql: "SELECT number, version FROM cart WHERE id = ?"), arguments: [cart]
        ).map { Head(number: $0[0], version: Version(rawValue: UInt64($0[1] as Int64))) }
    }

    private mutating func apply(_ event: Cart.Event, to cart: Head, in database: Database) throws {
        switch event {
        case .lineAdded(let line): try add(line, to: cart, in: database)
        case .chargeAdded(let charge):
            try insert(
                Line(isCharge: true, isQuoted: false, code: charge.code.text, label: charge.label),
                charge.quantity, charge.unitPrice, in: cart, database)
        case .quantityChanged(let sku, let quantity):
            try changeQuantity(of: sku, to: quantity, in: cart.number, database)
        case .lineRemoved(let sku):
            try database.cachedStatement(sql: "DELETE FROM cart_line WHERE cart = ? AND code = ? AND NOT is_charge")
                .execute(arguments: [cart.number, sku.text])
        case .ordered: break
        }
    }

    private struct Line {
        let isCharge: Bool
        let isQuoted: Bool
        let code: String
        let label: String?
    }

    private mutating func insert(
        _ line: Line, _ quantity: Int64, _ price: Amount, in cart: Head, _ database: Database
    ) throws {
        var row = try lines ?? BulkStatement("INSERT INTO cart_line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", in: database)
        lines = row
        row.bind(cart.number)
        row.bind(Int64(cart.version.rawValue))
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
    private mutating func add(_ line: Cart.Line, to cart: Head, in database: Database) throws {
        if !line.isQuoted {
            try database.cachedStatement(
                sql: """
                    UPDATE cart_line SET quantity = quantity + ? WHERE cart = ? AND price = ? AND line = (
                        SELECT min(line) FROM cart_line WHERE cart = ? AND code = ? AND NOT is_charge AND NOT is_quoted
                    )
                    """
            ).execute(arguments: [
                line.quantity, cart.number, line.unitPrice.tenThousandths, cart.number, line.sku.text,
            ])
            if database.changesCount > 0 { return }
        }
        try insert(
            Line(isCharge: false, isQuoted: line.isQuoted, code: line.sku.text, label: nil), line.quantity,
            line.unitPrice, in: cart, database)
    }

    /// As `Cart.apply`: all that is at the list's price becomes the first such line.
    private func changeQuantity(of sku: SKU, to quantity: Int64, in cart: Int64, _ database: Database) throws {
        let first = try Int64.fetchOne(
            database.cachedStatement(
                sql: "SELECT min(line) FROM cart_line WHERE cart = ? AND code = ? AND NOT is_charge AND NOT is_quoted"),
            arguments: [cart, sku.text])
        guard let first else { return }
        try database.cachedStatement(sql: "UPDATE cart_line SET quantity = ? WHERE cart = ? AND line = ?")
            .execute(arguments: [quantity, cart, first])
        try database.cachedStatement(
            sql: "DELETE FROM cart_line WHERE cart = ? AND code = ? AND NOT is_charge AND NOT is_quoted AND line > ?"
        ).execute(arguments: [cart, sku.text, first])
    }

    package mutating func finish(in database: Database) throws {
        var statement = try BulkStatement(
            """
            INSERT INTO cart VALUES (?, ?, ?, ?) ON CONFLICT (number) DO UPDATE
            SET version = excluded.version, ordered_as = coalesce(excluded.ordered_as, ordered_as)
            """, in: database)
        for (cart, head) in heads.sorted(by: { $0.value.number < $1.value.number }) {
            statement.bind(head.number)
            statement.bind(cart)
            statement.bind(Int64(head.version.rawValue))
            statement.bind(head.order?.text)
            try statement.run()
        }
    }
}

extension ReadModels {
    package var carts: ReadModel { self[CartsProjection.self] }
}
