import EventStore
package import GRDB
import JSON
package import Ledger

/// The movements of one SKU between its accounts, the newest first.
package struct StockMovements: Sendable {
    private let sku: String

    package init(of sku: String) { self.sku = sku }

    package func page(limit: Int, after cursor: Cursor?, in database: Database) throws -> Page {
        let rows = try rows(limit: limit, after: cursor, in: database)
        return Page(rows, limit: limit) { row in
            JSONWriter.object { Self.write(row, to: &$0) }
        } cursor: { row in
            Cursor([String(row[0] as Int64), String(row[1] as Int64)])
        }
    }

    /// How the numbers of today came about: where all pieces came from and went to, and each movement with what there was behind
    /// it. Nil where there never was any.
    ///
    /// What is `expired` counts as available though no movement says so yet: with it the newest movement's numbers are today's.
    ///
    /// - Parameter cursor: of the page before; its numbers go on in this one, whatever happened since.
    package func why(limit: Int, after cursor: Cursor?, now: Timestamp, in database: Database) throws -> [UInt8]? {
        guard let answer = try StockProjection.answer(about: sku, now: now, in: database) else { return nil }
        var held = try cursor.map(Self.held) ?? total(in: database)
        let rows = try rows(limit: limit, after: cursor, in: database)
        let today = try JSONDocument(answer.json).root
        return try JSONWriter.object { writer in
            for name in ["sku", "onHand", "reserved", "available", "accounts", "version"] {
                writer.key(name)
                writer.raw(today.field(name)?.source ?? [])
            }
            try write(expired: now, in: database, to: &writer)
            writer.key("items")
            writer.array { writer in
                for row in rows.prefix(limit) {
                    writer.object {
                        Self.write(row, to: &$0)
                        $0.fields(of: held)
                    }
                    held.add(-(row[5] as Int64), to: Self.account(row[4]))
                    held.add(row[5], to: Self.account(row[3]))
                }
            }
            let last = rows.count > limit ? rows[limit - 1] : nil
            writer.field("next", last.map { Self.cursor($0, held).text })
        }
    }

    private func rows(limit: Int, after cursor: Cursor?, in database: Database) throws -> [Row] {
        let bound = cursor.flatMap { $0.values.count >= 2 ? (Int64($0.values[0]), Int64($0.values[1])) : nil }
        return try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT position, part, type, source, target, quantity, cause, effective_at, actor FROM movement
                    WHERE sku = ? AND (position, part) < (?, ?) ORDER BY position DESC, part DESC LIMIT ?
                    """),
            arguments: [sku, bound?.0 ?? Int64.max, bound?.1 ?? Int64.max, limit + 1])
    }

    private static func write(_ row: Row, to writer: inout JSONWriter) {
        writer.field("position", row[0] as Int64)
        writer.field("type", EventType(rawValue: UInt16(row[2] as Int64))?.name)
        writer.field("from", row[3] as String)
        writer.field("to", row[4] as String)
        writer.field("quantity", row[5] as Int64)
        writer.field("cause", row[6] as String?)
        writer.field("effectiveAt", Timestamp(microseconds: row[7]).description)
        writer.field("actor", row[8] as String)
    }

    /// Reservations that have ended by the clock alone.
    private func write(expired now: Timestamp, in database: Database, to writer: inout JSONWriter) throws {
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT reservation, location, quantity, expires_at FROM expiring WHERE sku = ? AND expires_at <= ?
                    ORDER BY expires_at, reservation, location
                    """), arguments: [sku, now.microseconds])
        writer.key("expired")
        writer.array { writer in
            for row in rows {
                writer.object {
                    $0.field("reservation", row[0] as String)
                    $0.field("location", row[1] as String)
                    $0.field("quantity", row[2] as Int64)
                    $0.field("expiredAt", Timestamp(microseconds: row[3]).description)
                }
            }
        }
    }

    /// What there is by the movements alone.
    private func total(in database: Database) throws -> StockHeld {
        let balances = try Row.fetchCursor(
            database.cachedStatement(sql: "SELECT account, quantity FROM balance WHERE sku = ?"), arguments: [sku])
        var total = StockHeld()
        while let row = try balances.next() { total.add(row[1], to: row[0]) }
        return total
    }

    /// `available:main` is kept in the account `available`.
    private static func account(_ place: String) -> String {
        place.split(separator: ":").first.map(String.init) ?? place
    }

    private static func cursor(_ row: Row, _ held: StockHeld) -> Cursor {
        Cursor([row[0] as Int64, row[1], held.available, held.reserved].map(String.init))
    }

    private static func held(_ cursor: Cursor) -> StockHeld {
        StockHeld(available: Int64(cursor.values[2]) ?? 0, reserved: Int64(cursor.values[3]) ?? 0)
    }
}
