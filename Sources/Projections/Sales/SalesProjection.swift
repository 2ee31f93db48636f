package import EventStore
import Foundation
package import GRDB
package import Ledger

/// What was sold, taken back and written off, by month, day, country and product.
///
/// An order counts when it is placed, at its effective time; cancelled, it is taken out again where it was counted.
/// Credit notes, adjustments and bad debts count as documents of their own. Months and days are in UTC.
package struct SalesProjection: Projection {
    package static let name = "sales"
    package static let version = 1
    package static let categories: Set<Category> = [.order, .document]

    private var sums: [SalesKey: SalesFigures] = [:]
    private var documents: [DocumentCount: Int64] = [:]
    /// Orders of the batch that could still be cancelled, and those of them which are over.
    private var open: [String: SalesEntry?] = [:]

    private struct DocumentCount: Hashable {
        let kind: SalesEntry.Kind
        let currency: String
    }

    package init() {}

    package static func createSchema(in database: Database) throws {
        try database.execute(
            sql: """
                -- Amounts in ten-thousandths, exact.
                CREATE TABLE sales (
                    dimension TEXT NOT NULL, currency TEXT NOT NULL, key TEXT NOT NULL, lines INTEGER NOT NULL, quantity INTEGER NOT NULL,
                    gross INTEGER NOT NULL, returns INTEGER NOT NULL, adjustments INTEGER NOT NULL, PRIMARY KEY (dimension, currency, key)
                ) WITHOUT ROWID;
                CREATE TABLE documents (
                    currency TEXT NOT NULL, kind TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (currency, kind)
                ) WITHOUT ROWID;
                -- What an order was counted as, while it can be cancelled.
                CREATE TABLE open_order (id TEXT PRIMARY KEY, entry BLOB NOT NULL) WITHOUT ROWID;
                """)
    }

    package mutating func apply(_ recorded: Recorded, in database: Database) throws {
        let record = recorded.record
        switch recorded.event {
        case .order(.placed(let placement)):
            let entry = SalesEntry(placement, at: record.effectiveAt)
            try add(entry, sign: 1)
            open[record.stream.id] = .some(entry)
        case .order(.cancelled):
            if let entry = try openOrder(record.stream.id, in: database) { try add(entry, sign: -1) }
            open[record.stream.id] = .some(nil)
        case .order(.fulfilled): open[record.stream.id] = .some(nil)
        case .order(.paid), .order(.returned): break
        case .document(let event): try add(SalesEntry(event, at: record.effectiveAt), sign: 1)
        case .product, .stock, .cart, .numbers: break
        }
    }

    private func openOrder(_ id: String, in database: Database) throws -> SalesEntry? {
        if let known = open[id] { return known }
        let stored = try Data.fetchOne(
            database.cachedStatement(sql: "SELECT entry FROM open_order WHERE id = ?"), arguments: [id])
        return try stored.map { try JSONDecoder().decode(SalesEntry.self, from: $0) }
    }

    private mutating func add(_ entry: SalesEntry, sign: Int64) throws {
        documents[DocumentCount(kind: entry.kind, currency: entry.currency), default: 0] += sign
        var whole = SalesFigures()
        for line in entry.lines {
            let figures = SalesFigures(line, of: entry.kind, sign: sign)
            try whole.add(figures)
            try sums[SalesKey(dimension: .product, currency: entry.currency, key: line.code), default: SalesFigures()]
                .add(figures)
        }
        for (dimension, key) in [(SalesDimension.month, entry.month), (.day, entry.day), (.country, entry.country)] {
            try sums[SalesKey(dimension: dimension, currency: entry.currency, key: key), default: SalesFigures()].add(
                whole)
        }
    }

    package mutating func finish(in database: Database) throws {
        let sum = try database.cachedStatement(
            sql: """
                INSERT INTO sales VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
                    lines = lines + excluded.lines, quantity = quantity + excluded.quantity, gross = gross + excluded.gross,
                    returns = returns + excluded.returns, adjustments = adjustments + excluded.adjustments
                """)
        for (key, figures) in sums.sorted(by: { $0.key < $1.key }) {
            try sum.execute(arguments: [
                key.dimension.rawValue, key.currency, key.key, figures.lines, figures.quantity, figures.gross,
                figures.returns, figures.adjustments,
            ])
        }
        let count = try database.cachedStatement(
            sql: "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count")
        for (document, number) in documents {
            try count.execute(arguments: [document.currency, document.kind.rawValue, number])
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys  // Otherwise in the order of a hash, which changes from run to run.
        for (id, entry) in open.sorted(by: { $0.key < $1.key }) {
            if let entry {
                try database.cachedStatement(sql: "INSERT OR REPLACE INTO open_order VALUES (?, ?)")
                    .execute(arguments: [id, try encoder.encode(entry)])
            } else {
                try database.cachedStatement(sql: "DELETE FROM open_order WHERE id = ?").execute(arguments: [id])
            }
        }
    }
}

extension ReadModels {
    package var sales: ReadModel { self[SalesProjection.self] }
}
