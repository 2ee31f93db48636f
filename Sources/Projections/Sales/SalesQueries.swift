import GRDB
import JSON
import Ledger

/// Questions to the sales read model, answered as JSON.
package struct SalesQueries: Sendable {
    /// The order of a report's items; the key decides between equals.
    package enum Sort: String, CaseIterable, Sendable {
        case key
        case keyDescending = "-key"
        case net
        case netDescending = "-net"
        case quantity
        case quantityDescending = "-quantity"

        fileprivate var expression: String {
            switch self {
            // One value for all leaves the order to the key.
            case .key, .keyDescending: "0"
            case .net, .netDescending: "gross + returns + adjustments"
            case .quantity, .quantityDescending: "quantity"
            }
        }

        fileprivate var isDescending: Bool { rawValue.hasPrefix("-") }
    }

    package struct Report: Sendable {
        package let currency: String
        package let page: Page
        /// Over everything, whatever the page.
        package let total: [UInt8]
    }

    private let model: ReadModel

    package init(_ model: ReadModel) { self.model = model }

    /// - Parameter currency: nil takes the one with the most documents.
    package func report(
        by dimension: SalesDimension, sort: Sort, currency: String?, limit: Int, after cursor: Cursor?
    ) throws -> Report {
        try model.read { database in
            let currency =
                try currency ?? String.fetchOne(
                    database,
                    sql: "SELECT currency FROM documents GROUP BY currency ORDER BY sum(count) DESC, currency LIMIT 1")
                ?? "GBP"
            let rows = try Row.fetchAll(
                database.cachedStatement(sql: Self.sql(sort, isContinued: cursor != nil)),
                arguments: [dimension.rawValue, currency] + StatementArguments(cursor?.values ?? []) + [limit + 1])
            let page = Page(rows, limit: limit) { row in
                JSONWriter.object {
                    $0.field("key", row["key"] as String)
                    $0.figures(row, currency)
                }
            } cursor: { row in
                Cursor([String(row["sort_value"] as Int64), row["key"]])
            }
            return Report(currency: currency, page: page, total: try total(currency, in: database))
        }
    }

    private static func sql(_ sort: Sort, isContinued: Bool) -> String {
        let direction = sort.isDescending ? "DESC" : "ASC"
        let next =
            isContinued ? "AND (\(sort.expression), key) \(sort.isDescending ? "<" : ">") (CAST(? AS INTEGER), ?)" : ""
        return """
            SELECT key, lines, quantity, gross, returns, adjustments, \(sort.expression) AS sort_value FROM sales
            WHERE dimension = ? AND currency = ? \(next) ORDER BY sort_value \(direction), key \(direction) LIMIT ?
            """
    }

    private func total(_ currency: String, in database: Database) throws -> [UInt8] {
        let counts = try Row.fetchAll(
            database, sql: "SELECT kind, count FROM documents WHERE currency = ?", arguments: [currency]
        )
        .reduce(into: [:]) { counts, row in counts[row[0] as String] = row[1] as Int64 }
        let sums = try Row.fetchOne(
            database,
            sql: """
                SELECT coalesce(sum(lines), 0) AS lines, coalesce(sum(quantity), 0) AS quantity,
                    coalesce(sum(gross), 0) AS gross, coalesce(sum(returns), 0) AS returns, coalesce(sum(adjustments), 0) AS adjustments
                FROM sales WHERE dimension = 'month' AND currency = ?
                """, arguments: [currency])
        return JSONWriter.object { writer in
            writer.field("documents", counts.values.reduce(0, +))
            writer.key("documentsByKind")
            writer.object { writer in
                for kind in SalesEntry.Kind.allCases { writer.field(kind.rawValue, counts[kind.rawValue] ?? 0) }
            }
            if let sums { writer.figures(sums, currency) }
        }
    }
}

extension JSONWriter {
    /// `lines`, `quantity`, and the amounts as exact decimal strings.
    fileprivate mutating func figures(_ row: Row, _ currency: String) {
        let digits = Currency(trusted: currency).minorDigits
        let gross: Int64 = row["gross"]
        let returns: Int64 = row["returns"]
        let adjustments: Int64 = row["adjustments"]
        field("lines", row["lines"] as Int64)
        field("quantity", row["quantity"] as Int64)
        field("gross", Decimals.format(gross, digitsMin: digits))
        field("returns", Decimals.format(returns, digitsMin: digits))
        field("adjustments", Decimals.format(adjustments, digitsMin: digits))
        field("net", Decimals.format(gross + returns + adjustments, digitsMin: digits))
    }
}
