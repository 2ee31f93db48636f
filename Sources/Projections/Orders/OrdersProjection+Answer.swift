import EventStore
import Foundation
package import GRDB
import JSON
package import Ledger

extension OrdersProjection: EntityProjection {
    package static let entity = Category.order

    /// The goods and charges in it: it shows the names they had, and whether they are goods decides what is delivered.
    package static func companions(of id: String, _ history: [Event]) -> Set<StreamName> {
        history.reduce(into: []) { streams, event in
            switch event {
            case .order(.placed(let placement)):
                streams.formUnion(
                    placement.lines.map { .product($0.sku) } + placement.charges.map { .product($0.code) })
            case .order, .product, .stock, .cart, .numbers, .document: break
            }
        }
    }

    package static func answer(about id: String, now: Timestamp, in database: Database) throws -> EntityAnswer? {
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM \(tables) WHERE id = ?"),
            arguments: [id])
        return row.map { EntityAnswer(json: json($0), version: $0["version"]) }
    }

    /// Of an order all that is answered.
    static let tables = "placed JOIN document USING (position) JOIN progress USING (id)"

    static func json(_ row: Row) -> [UInt8] {
        let currency = Currency(trusted: row["currency"])
        let paid = Money(minorUnits: row["paid"], currency: currency)
        let refunded = Money(minorUnits: row["refunded"], currency: currency)
        return JSONWriter.object { writer in
            writer.fields(of: [UInt8](row["json"] as Data))
            writer.field("status", row["status"] as String)
            writer.field(
                "paymentStatus",
                paymentStatus(total: row["total"], paid: paid.minorUnits, refunded: refunded.minorUnits))
            writer.field("fulfilmentStatus", fulfilmentStatus(row))
            writer.field("cancelledBecause", row["cancelled_because"] as String?)
            writer.field("paid", paid)
            writer.field("refunded", refunded)
            for list in ["payments", "returns"] {
                writer.key(list)
                writer.raw("[\(row[list] as String)]".utf8)
            }
            writer.field("changedAt", Timestamp(microseconds: row["changed_at"]).description)
            writer.field("version", row["version"] as Int64)
        }
    }

    private static func paymentStatus(total: Int64, paid: Int64, refunded: Int64) -> String {
        if refunded > 0 { return refunded >= total ? "refunded" : "partiallyRefunded" }
        if paid >= total { return "paid" }
        return paid == 0 ? "unpaid" : "partiallyPaid"
    }

    private static func fulfilmentStatus(_ row: Row) -> String {
        let fulfilments: Int64 = row["fulfilments"]
        let returned: Int64 = row["returned"]
        let fulfilled: Int64 = row["fulfilled"]
        let goods: Int64 = row["goods"]
        if fulfilments == 0 { return "unfulfilled" }
        if goods > 0, returned >= goods { return "returned" }
        return fulfilled >= goods ? "fulfilled" : "partiallyFulfilled"
    }
}
