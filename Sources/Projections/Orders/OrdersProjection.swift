package import EventStore
import Foundation
package import GRDB
import JSON
package import Ledger

/// The orders, with what became of them.
package struct OrdersProjection: Projection {
    package static let name = "orders"
    package static let version = 1
    package static let categories: Set<Category> = [.product, .order]

    /// Names of the batch's goods and charges, nil for what has none.
    private var names: [String: String?] = [:]

    package init() {}

    package static func createSchema(in database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE placed (
                    id TEXT PRIMARY KEY, placed_at INTEGER NOT NULL, position INTEGER NOT NULL, number INTEGER NOT NULL,
                    reference TEXT, customer TEXT, document BLOB NOT NULL
                ) WITHOUT ROWID;
                CREATE INDEX placed_time ON placed (placed_at, position);
                CREATE INDEX placed_reference ON placed (reference) WHERE reference IS NOT NULL;
                CREATE INDEX placed_customer ON placed (customer, placed_at, position) WHERE customer IS NOT NULL;
                -- What changes. Amounts in minor units; payments and returns are JSON objects with commas between.
                CREATE TABLE progress (
                    id TEXT PRIMARY KEY, version INTEGER NOT NULL, status TEXT NOT NULL, currency TEXT NOT NULL, total INTEGER NOT NULL,
                    paid INTEGER NOT NULL, refunded INTEGER NOT NULL, goods INTEGER NOT NULL, fulfilled INTEGER NOT NULL,
                    fulfilments INTEGER NOT NULL, returned INTEGER NOT NULL, cancelled_because TEXT,
                    payments TEXT NOT NULL, returns TEXT NOT NULL
                ) WITHOUT ROWID;
                CREATE TABLE product (sku TEXT PRIMARY KEY, name TEXT NOT NULL, is_goods INTEGER NOT NULL) WITHOUT ROWID;
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
        try database.cachedStatement(sql: "INSERT INTO placed VALUES (?, ?, ?, ?, ?, ?, ?)").execute(arguments: [
            id, record.effectiveAt.microseconds, Int64(record.position.rawValue), placement.number, placement.reference,
            placement.customer?.text, Data(try document(placement, record, in: database)),
        ])
        try database.cachedStatement(
            sql: "INSERT INTO progress VALUES (?, ?, 'placed', ?, ?, 0, 0, ?, 0, 0, 0, NULL, '', '')"
        ).execute(arguments: [
            id, Int64(record.version.rawValue), placement.total.currency.code, placement.total.minorUnits,
            placement.lines.reduce(0) { $0 + $1.quantity },
        ])
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

    private func advance(_ event: Order.Event, _ record: EventStore.Record, in database: Database) throws {
        let version = Int64(record.version.rawValue)
        let id = record.stream.id
        func update(_ assignments: String, _ arguments: StatementArguments) throws {
            let statement = try database.cachedStatement(
                sql: "UPDATE progress SET version = ?, \(assignments) WHERE id = ?")
            try statement.execute(arguments: [version] + arguments + [id])
        }
        switch event {
        case .placed: preconditionFailure("an order is placed in place(_:)")
        case .paid(let money, let method):
            let payment = JSONWriter.object {
                $0.field("amount", money)
                $0.field("method", method)
                $0.field("at", record.effectiveAt.description)
            }
            try update(
                "paid = paid + ?, payments = payments || iif(payments = '', '', ',') || ?",
                [money.minorUnits, payment.text])
        case .fulfilled(let pieces):
            try update(
                "fulfilments = fulfilments + 1, fulfilled = fulfilled + ?", [pieces.reduce(0) { $0 + $1.quantity }])
        case .cancelled(let reason, let refund):
            try update(
                "status = 'cancelled', cancelled_because = ?, refunded = refunded + ?", [reason, refund.minorUnits])
        case .returned(let pieces, let document, let refund):
            let returned = JSONWriter.object { writer in
                writer.field("creditNote", document.text)
                writer.field("refund", refund)
                writer.field("at", record.effectiveAt.description)
                writer.key("lines")
                writer.array { writer in
                    for piece in pieces {
                        writer.object {
                            $0.field("sku", piece.code.text)
                            $0.field("quantity", piece.quantity)
                        }
                    }
                }
            }
            try update(
                "refunded = refunded + ?, returned = returned + ?, returns = returns || iif(returns = '', '', ',') || ?",
                [refund.minorUnits, try goods(in: pieces, database), returned.text])
        }
        if try database.cachedStatement(sql: Self.completion).isComplete(id) {
            try database.cachedStatement(sql: "UPDATE progress SET status = 'completed' WHERE id = ?").execute(
                arguments: [id])
        }
    }

    /// How many of the pieces are goods: charges come back too.
    private func goods(in pieces: [Order.Pieces], _ database: Database) throws -> Int64 {
        let isGoods = try database.cachedStatement(sql: "SELECT is_goods FROM product WHERE sku = ?")
        return try pieces.reduce(0) { sum, piece in
            try Bool.fetchOne(isGoods, arguments: [piece.code.text]) == true ? sum + piece.quantity : sum
        }
    }

    /// Delivered in full, with nothing left to pay: what came back before it was paid needs no payment.
    private static let completion =
        "SELECT 1 FROM progress WHERE id = ? AND status = 'placed' AND paid + refunded >= total AND fulfilled >= goods AND fulfilments > 0"
}

extension Statement {
    fileprivate func isComplete(_ id: String) throws -> Bool {
        try Int.fetchOne(self, arguments: [id]) != nil
    }
}

extension [UInt8] {
    fileprivate var text: String { String(decoding: self, as: UTF8.self) }
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
