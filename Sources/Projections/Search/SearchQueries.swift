import Foundation
import GRDB
import JSON

/// Questions to the search read model, answered as JSON.
package struct SearchQueries: Sendable {
    package enum Facet: String, CaseIterable, Sendable {
        case brand
        case category
    }

    /// Everything that is found, with how well. How much a word counts by where it stands: sku, name, other names,
    /// brand, categories, description. The last word counts as a whole word and as the beginning of one.
    fileprivate static let found = """
        SELECT id, sum(rank) AS rank FROM (
            SELECT rowid AS id, -bm25(product_text, 10.0, 8.0, 1.0, 4.0, 3.0, 1.0) AS rank
            FROM product_text WHERE product_text MATCH ?
            UNION ALL
            SELECT rowid, -bm25(product_word, 10.0, 8.0, 1.0, 4.0, 3.0) FROM product_word WHERE product_word MATCH ?
        ) GROUP BY id
        """
    /// What is ordered ten times as often counts a fifth more: of two equal names shoppers mean the one that others
    /// bought.
    private static let score = "round(rank * (1 + 0.2 * log10(1 + coalesce(orders, 0))), 6)"
    /// The most words of a question that are looked for.
    private static let wordsMax = 32

    private let model: ReadModel

    package init(_ model: ReadModel) { self.model = model }

    /// Products with any of the words, those with more and rarer ones first; the last word may be the beginning of one.
    /// Among equals the SKU decides. A question without a word finds nothing.
    package func search(_ question: String, _ filter: ProductFilter, limit: Int, after cursor: Cursor?) throws -> Page {
        guard let match = Self.match(question) else { return Page(items: [], next: nil) }
        let (condition, arguments) = filter.condition
        // Ranks are computed for every match anyway; the page is cut behind them.
        let sql = """
            SELECT sku, name, price, currency, available, brand, score FROM (
                SELECT product.*, \(Self.score) AS score
                FROM (\(Self.found)) JOIN product USING (id) LEFT JOIN popularity USING (id) WHERE \(condition)
            )
            WHERE (-score, sku) > (CAST(? AS REAL), ?) ORDER BY -score, sku LIMIT ?
            """
        let bound = cursor.flatMap { $0.values.count == 2 ? ($0.values[0], $0.values[1]) : nil } ?? ("-1e300", "")
        let rows = try model.read { database in
            try Row.fetchAll(
                database.cachedStatement(sql: sql),
                arguments: [match.words, match.beginning] + arguments + [bound.0, bound.1, limit + 1])
        }
        return Page(rows, limit: limit, item: Self.hit) { row in
            Cursor([Self.text(-(row["score"] as Double)), row["sku"]])
        }
    }

    /// How many of all that is found have each value, most first, at most fifty values a facet.
    package func facets(_ wanted: [Facet], of question: String, _ filter: ProductFilter) throws -> [UInt8] {
        let match = Self.match(question)
        let (condition, arguments) = filter.condition
        return try model.read { database in
            try JSONWriter.object { writer in
                for facet in wanted {
                    writer.key(facet.rawValue)
                    try writer.array { writer in
                        guard let match else { return }
                        let rows = try Row.fetchAll(
                            database.cachedStatement(sql: facet.countQuery(condition)),
                            arguments: [match.words, match.beginning] + arguments)
                        for row in rows {
                            writer.object {
                                $0.field("value", row[0] as String)
                                $0.field("count", row[1] as Int64)
                            }
                        }
                    }
                }
            }
        }
    }

    private static func hit(_ row: Row) -> [UInt8] {
        JSONWriter.object { writer in
            writer.field("sku", row["sku"] as String)
            writer.field("name", row["name"] as String)
            writer.field("brand", row["brand"] as String?)
            writer.price(row["price"], row["currency"])
            writer.field("inStock", (row["available"] as Int64) > 0)
            writer.key("score")
            writer.raw(text(row["score"]).utf8)
        }
    }

    private static func text(_ score: Double) -> String {
        String(format: "%.6f", score)
    }

    /// `"white" OR "hanging" OR "hea"`, and `"hea" *` where the question ends within a word: words are quoted, so that
    /// nothing of the question is taken for an operator.
    static func match(_ question: String) -> (words: String, beginning: String)? {
        // An apostrophe within a word keeps it together: "poppy's" is no question for all that begins with s.
        let words = question.split { !$0.isLetter && !$0.isNumber && $0 != "'" && $0 != "\u{2019}" }
            .filter { $0.contains { $0.isLetter || $0.isNumber } }.prefix(wordsMax).map { "\"\($0)\"" }
        guard let last = words.last else { return nil }
        let endsInWord = question.last.map { $0.isLetter || $0.isNumber } ?? false
        return (words.joined(separator: " OR "), endsInWord ? last + " *" : "\"\"")
    }
}

extension SearchQueries.Facet {
    fileprivate func countQuery(_ condition: String) -> String {
        let found = "SELECT id, product.brand FROM (\(SearchQueries.found)) JOIN product USING (id) WHERE \(condition)"
        return switch self {
        case .brand:
            "SELECT brand, count(*) AS n FROM (\(found)) WHERE brand IS NOT NULL GROUP BY brand ORDER BY n DESC, brand LIMIT 50"
        case .category:
            "SELECT category, count(*) AS n FROM (\(found)) JOIN product_category USING (id) GROUP BY category ORDER BY n DESC, category LIMIT 50"
        }
    }
}
