import EventStore
package import GRDB
import JSON
package import Ledger

extension CartsProjection: EntityProjection {
    package static let entity = Category.cart

    /// The goods and charges that were ever in it: it shows their names.
    package static func companions(of id: String, _ history: [Event]) -> Set<StreamName> {
        history.reduce(into: []) { streams, event in
            switch event {
            case .cart(.lineAdded(let line)): streams.insert(.product(line.sku))
            case .cart(.chargeAdded(let charge)): streams.insert(.product(charge.code))
            case .cart, .product, .stock, .order, .numbers, .document: break
            }
        }
    }

    package static func answer(about id: String, now: Timestamp, in database: Database) throws -> EntityAnswer? {
        guard
            let cart = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT version, ordered_as, number FROM cart WHERE id = ?"),
                arguments: [id])
        else { return nil }
        let lines = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT is_charge, code, label, quantity, price, currency, name
                    FROM cart_line LEFT JOIN product_name ON sku = code WHERE cart = ? ORDER BY line
                    """),
            arguments: [cart[2] as Int64])
        let order: String? = cart[1]
        let json = try JSONWriter.object { writer in
            writer.field("id", id)
            writer.field("status", order == nil ? "open" : "ordered")
            writer.field("order", order)
            writer.field("version", cart[0] as Int64)
            try write(lines, to: &writer)
        }
        return EntityAnswer(json: json, version: cart[0])
    }

    private static func write(_ rows: [Row], to writer: inout JSONWriter) throws {
        let lines = rows.map { row in
            PricedLine(
                code: row["code"], name: row["label"] ?? row["name"], quantity: row["quantity"],
                unitPrice: Amount(tenThousandths: row["price"], currency: Currency(trusted: row["currency"])))
        }
        let charged = zip(rows, lines).filter { $0.0["is_charge"] }.map(\.1)
        let goods = zip(rows, lines).filter { !($0.0["is_charge"] as Bool) }.map(\.1)
        try writer.field("lines", goods, codeName: "sku")
        try writer.field("charges", charged, codeName: "code")
        guard let currency = lines.first?.unitPrice.currency else {
            writer.key("total")
            writer.null()
            return
        }
        var sum = Amount(tenThousandths: 0, currency: currency)
        for line in lines { sum = try sum.adding(line.unitPrice.times(line.quantity)) }
        writer.field("total", Rounding.halfUp.round(sum))
    }
}
