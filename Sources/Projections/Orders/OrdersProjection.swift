package import EventStore
import Foundation
package import GRDB
import JSON
package import Ledger

/// The orders, with what became of them.
package struct OrdersProjection: Projection {
    package static let name = "orders"
    package static let version = 2
    package static let categories: Set<Category> = [.product, .order]

    /// Names of the batch's goods and charges, nil for what has none.
    private var names: [String: String?] = [:]
    /// The orders of the batch, each written once.
    private var progress: [String: OrderProgress] = [:]
    private var statements: (placed: BulkStatement, document: BulkStatement)?

    package init() {}

    package static func createSchema(in database: Database) throws {
        try database.execute(
            sql: """
                -- In the order of the log, so that rows are added at the end.
                CREATE TABLE placed (
                    position INTEGER PRIMARY KEY, id TEXT NOT NULL, placed_at INTEGER NOT NULL, number INTEGER NOT NULL,
                    reference TEXT, customer TEXT
                );
                -- Apart, so that whoever looks through the orders, or makes an index, does not read them too.
                CREATE TABLE document (position INTEGER PRIMARY KEY, json BLOB NOT NULL);
                \(OrderProgress.table)
                CREATE TABLE product (sku TEXT PRIMARY KEY, name TEXT NOT NULL, is_goods INTEGER NOT NULL) WITHOUT ROWID;
                """)
    }

    package static func createIndexes(in database: Database) throws {
        try database.execute(
            sql: """
                CREATE UNIQUE INDEX placed_id ON placed (id);
                CREATE INDEX placed_time ON placed (placed_at, position);
                CREATE INDEX placed_reference ON placed (reference) WHERE reference IS NOT NULL;
                CREATE INDEX placed_customer ON placed (customer, placed_at, position) WHERE customer IS NOT NULL;
                """)
    }

    package mutating func apply(_ recorded: Recorded, in database: Database) throws {
        let record = recorded.record
        switch recorded.event {
        case .product(.registered(let details)):
            try database.cachedStatement(sql: "INSERT INTO product VALUES (?, ?, ?)")
                .execute(arguments: [record.stream.id, details.name, details.kind == .goods])
            names[record.stream.id] = details.name
        case .order(.placed(let placement)): try place(placement, record, in: database)
        case .order(let event): try advance(event, record, in: database)
        case .product, .stock, .cart, .numbers, .document: break
        }
    }

    private mutating func place(_ placement: Order.Placement, _ record: EventStore.Record, in database: Database) throws
    {
        let id = record.stream.id
        var (row, documentRow) =
            try statements ?? (
                BulkStatement("INSERT INTO placed VALUES (?, ?, ?, ?, ?, ?)", in: database),
                BulkStatement("INSERT INTO document VALUES (?, ?)", in: database)
            )
        statements = (row, documentRow)
        row.bind(Int64(record.position.rawValue))
        row.bind(id)
        row.bind(record.effectiveAt.microseconds)
        row.bind(placement.number)
        row.bind(placement.reference)
        row.bind(placement.customer?.text)
        try row.run()
        documentRow.bind(Int64(record.position.rawValue))
        documentRow.bind(try document(placement, record, in: database))
        try documentRow.run()
        progress[id] = OrderProgress(placement, record)
    }

    /// What never changes of an order, as it is answered. Goods have the name they had when they were ordered.
    private mutating func document(_ placement: Order.Placement, _ record: EventStore.Record, in database: Database)
        throws
        -> [UInt8]
    {
        let lines = try placement.lines.map { line in
            PricedLine(
                code: line.sku.text, name: try name(of: line.sku.text, in: database),
                quantity: line.quantity,
                unitPrice: line.unitPrice)
        }
        let charges = try placement.charges.map { charge in
            PricedLine(
                code: charge.code.text, name: try charge.label ?? name(of: charge.code.text, in: database),
                quantity: charge.quantity, unitPrice: charge.unitPrice)
        }
        return try JSONWriter.object { writer in
            writer.field("id", record.stream.id)
            writer.field("number", String(placement.number))
            writer.field("reference", placement.reference)
            writer.field("cart", placement.cart.text)
            writer.field("placedAt", record.effectiveAt.description)
            writer.field("customer", placement.customer?.text)
            writer.field("country", placement.country)
            writer.contact(placement.contact)
            try writer.field("lines", lines, codeName: "sku")
            try writer.field("charges", charges, codeName: "code")
            writer.field("total", placement.total)
            writer.field("rounding", placement.rounding.rawValue)
        }
    }

    private mutating func name(of sku: String, in database: Database) throws -> String? {
        if let known = names[sku] { return known }
        let name = try String.fetchOne(
            database.cachedStatement(sql: "SELECT name FROM product WHERE sku = ?"), arguments: [sku])
        names[sku] = .some(name)
        return name
    }

    private mutating func advance(_ event: Order.Event, _ record: EventStore.Record, in database: Database) throws {
        let id = record.stream.id
        guard var order = try progress[id] ?? OrderProgress(of: id, in: database) else { throw MissingOrder(id: id) }
        try order.apply(event, record) { code in
            try Bool.fetchOne(
                database.cachedStatement(sql: "SELECT is_goods FROM product WHERE sku = ?"), arguments: [code.text])
                == true
        }
        progress[id] = order
    }

    package mutating func finish(in database: Database) throws {
        var statement = try OrderProgress.replacing(in: database)
        for (id, order) in progress.sorted(by: { $0.key < $1.key }) { try order.write(as: id, with: &statement) }
    }
}

/// An event of an order that was not placed.
struct MissingOrder: Error, CustomStringConvertible {
    let id: String

    var description: String { "Order \"\(id)\" was never placed." }
}

extension JSONWriter {
    fileprivate mutating func contact(_ contact: Contact?) {
        field("email", contact?.email)
        key("shippingAddress")
        guard let address = contact?.shippingAddress else { return null() }
        object {
            $0.field("name", address.name)
            $0.field("line1", address.line1)
            $0.field("line2", address.line2)
            $0.field("city", address.city)
            $0.field("region", address.region)
            $0.field("postcode", address.postcode)
            $0.field("country", address.country)
        }
    }
}

extension ReadModels {
    package var orders: ReadModel { self[OrdersProjection.self] }
}
