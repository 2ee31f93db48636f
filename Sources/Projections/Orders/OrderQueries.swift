import EventStore
import Foundation
import GRDB
import JSON
package import Ledger

/// The list of orders.
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
            SELECT * FROM \(OrdersProjection.tables) WHERE \(conditions.joined(separator: " AND "))
            ORDER BY placed_at DESC, position DESC LIMIT ?
            """
        let rows = try model.read { try Row.fetchAll($0, sql: sql, arguments: arguments) }
        return Page(rows, limit: limit, item: OrdersProjection.json) { row in
            Cursor([String(row["placed_at"] as Int64), String(row["position"] as Int64)])
        }
    }
}
