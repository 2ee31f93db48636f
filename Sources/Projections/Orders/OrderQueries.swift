import EventStore
import Foundation
import GRDB
import JSON
package import Ledger

/// Questions to the orders read model, answered as JSON.
package struct OrderQueries: Sendable {
    package enum Status: String, CaseIterable, Sendable {
        case placed
        /// Paid and delivered in full.
        case completed
        case cancelled
    }

    /// Which orders a list is to show.
    package struct Filter: Sendable {
        package var customer: String?
        package var status: Status?
        package var reference: String?
        /// Placed at or after, and before.
        package var from: Timestamp?
        package var to: Timestamp?

        package init() {}
    }

    private let model: ReadModel

    package init(_ model: ReadModel) { self.model = model }

    /// Nil where there is no such order.
    package func order(_ id: String) throws -> (json: [UInt8], version: Int64)? {
        try model.read { database in
            let row = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT * FROM placed JOIN progress USING (id) WHERE id = ?"),
                arguments: [id])
            return row.map { (Self.json($0), $0["version"]) }
        }
    }

    /// The orders, the newest first.
    package func orders(_ filter: Filter, limit: Int, after cursor: Cursor?) throws -> Page {
        var conditions = ["TRUE"]
        var arguments = StatementArguments()
        func add(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [value]
        }
        add("customer = ?", filter.customer)
        add("reference = ?", filter.reference)
        add("status = ?", filter.status?.rawValue)
        add("placed_at >= ?", filter.from?.microseconds)
        add("placed_at < ?", filter.to?.microseconds)
        if let values = cursor?.values, values.count == 2 {
            conditions.append("(placed_at, position) < (CAST(? AS INTEGER), CAST(? AS INTEGER))")
            arguments += [values[0], values[1]]
        }
        arguments += [limit + 1]
        let sql = """
            SELECT * FROM placed JOIN progress USING (id) WHERE \(conditions.joined(separator: " AND "))
            ORDER BY placed_at DESC, position DESC LIMIT ?
            """
        let rows = try model.read { try Row.fetchAll($0, sql: sql, arguments: arguments) }
        return Page(rows, limit: limit, item: Self.json) { row in
            Cursor([String(row["placed_at"] as Int64), String(row["position"] as Int64)])
        }
    }

    private static func json(_ row: Row) -> [UInt8] {
        let currency = Currency(trusted: row["currency"])
        let paid = Money(minorUnits: row["paid"], currency: currency)
        let refunded = Money(minorUnits: row["refunded"], currency: currency)
        return JSONWriter.object { writer in
            writer.fields(of: [UInt8](row["document"] as Data))
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
