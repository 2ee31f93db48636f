import EventStore
import GRDB
import JSON
package import Ledger

/// Questions to the stock read model, answered as JSON.
package struct StockQueries: Sendable {
    private let model: ReadModel

    package init(_ model: ReadModel) { self.model = model }

    /// Nil where the SKU never had stock.
    ///
    /// - Parameter now: reservations which have expired by then count as available, written down or not.
    package func item(_ sku: String, now: Timestamp) throws -> (json: [UInt8], version: Int64)? {
        try model.read { database in
            guard
                let item = try Row.fetchOne(
                    database.cachedStatement(sql: "SELECT version, position FROM item WHERE sku = ?"), arguments: [sku])
            else { return nil }
            let locations = try locations(of: sku, now: now, in: database)
            let accounts = try Row.fetchAll(
                database.cachedStatement(sql: "SELECT account, quantity FROM balance WHERE sku = ? AND location = ''"),
                arguments: [sku])
            let json = JSONWriter.object { writer in
                writer.field("sku", sku)
                write(locations.reduce(into: Held()) { $0.add($1.held) }, to: &writer)
                writer.key("locations")
                writer.array { writer in
                    for (location, held) in locations {
                        writer.object {
                            $0.field("location", location)
                            write(held, to: &$0)
                        }
                    }
                }
                writer.key("accounts")
                writer.object { writer in for row in accounts { writer.field(row[0], row[1] as Int64) } }
                writer.field("version", item[0] as Int64)
            }
            return (json, item[0])
        }
    }

    private struct Held {
        var available: Int64 = 0
        var reserved: Int64 = 0

        mutating func add(_ other: Held) {
            available += other.available
            reserved += other.reserved
        }
    }

    private func locations(of sku: String, now: Timestamp, in database: Database) throws -> [(
        location: String, held: Held
    )] {
        var held: [String: Held] = [:]
        let balances = try Row.fetchCursor(
            database.cachedStatement(
                sql: "SELECT account, location, quantity FROM balance WHERE sku = ? AND location <> ''"),
            arguments: [sku])
        while let row = try balances.next() {
            let quantity: Int64 = row[2]
            if row[0] == "available" {
                held[row[1], default: Held()].available += quantity
            } else {
                held[row[1], default: Held()].reserved += quantity
            }
        }
        let expired = try Row.fetchCursor(
            database.cachedStatement(sql: "SELECT location, quantity FROM expiring WHERE sku = ? AND expires_at <= ?"),
            arguments: [sku, now.microseconds])
        while let row = try expired.next() {
            let quantity: Int64 = row[1]
            held[row[0], default: Held()].add(Held(available: quantity, reserved: -quantity))
        }
        return held.sorted { $0.key < $1.key }.map { (location: $0.key, held: $0.value) }
    }

    private func write(_ held: Held, to writer: inout JSONWriter) {
        writer.field("onHand", held.available + held.reserved)
        writer.field("reserved", held.reserved)
        writer.field("available", held.available)
    }

    /// The movements of a SKU, the newest first.
    package func movements(of sku: String, limit: Int, after cursor: Cursor?) throws -> Page {
        let bound = cursor.flatMap { $0.values.count == 2 ? (Int64($0.values[0]), Int64($0.values[1])) : nil }
        let rows = try model.read { database in
            try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT position, part, type, source, target, quantity, cause, effective_at FROM movement
                        WHERE sku = ? AND (position, part) < (?, ?) ORDER BY position DESC, part DESC LIMIT ?
                        """),
                arguments: [sku, bound?.0 ?? Int64.max, bound?.1 ?? Int64.max, limit + 1])
        }
        return Page(rows, limit: limit) { row in
            JSONWriter.object {
                $0.field("position", row[0] as Int64)
                $0.field("type", EventType(rawValue: UInt16(row[2] as Int64))?.name)
                $0.field("from", row[3] as String)
                $0.field("to", row[4] as String)
                $0.field("quantity", row[5] as Int64)
                $0.field("cause", row[6] as String?)
                $0.field("effectiveAt", Timestamp(microseconds: row[7]).description)
            }
        } cursor: { row in
            Cursor([String(row[0] as Int64), String(row[1] as Int64)])
        }
    }
}
