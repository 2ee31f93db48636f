import EventStore
package import GRDB
import JSON
package import Ledger

extension StockProjection: EntityProjection {
    package static let entity = Category.stock

    /// Reservations which have expired by then count as available, written down or not.
    package static func answer(about sku: String, now: Timestamp, in database: Database) throws -> EntityAnswer? {
        guard
            let item = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT version FROM item WHERE sku = ?"), arguments: [sku])
        else { return nil }
        let locations = try locations(of: sku, now: now, in: database)
        let json = try JSONWriter.object { writer in
            writer.field("sku", sku)
            writer.fields(of: locations.reduce(into: StockHeld()) { $0.add($1.held) })
            writer.key("locations")
            writer.array { writer in
                for (location, held) in locations {
                    writer.object {
                        $0.field("location", location)
                        $0.fields(of: held)
                    }
                }
            }
            try writer.accounts(of: sku, in: database)
            writer.field("version", item[0] as Int64)
        }
        return EntityAnswer(json: json, version: item[0])
    }

    private static func locations(
        of sku: String, now: Timestamp, in database: Database
    ) throws -> [(location: String, held: StockHeld)] {
        var held: [String: StockHeld] = [:]
        let balances = try Row.fetchCursor(
            database.cachedStatement(
                sql: "SELECT account, location, quantity FROM balance WHERE sku = ? AND location <> ''"),
            arguments: [sku])
        while let row = try balances.next() { held[row[1], default: StockHeld()].add(row[2], to: row[0]) }
        let expired = try Row.fetchCursor(
            database.cachedStatement(sql: "SELECT location, quantity FROM expiring WHERE sku = ? AND expires_at <= ?"),
            arguments: [sku, now.microseconds])
        while let row = try expired.next() {
            let quantity: Int64 = row[1]
            held[row[0], default: StockHeld()].add(StockHeld(available: quantity, reserved: -quantity))
        }
        return held.sorted { $0.key < $1.key }.map { (location: $0.key, held: $0.value) }
    }
}

/// Pieces that are there.
struct StockHeld: Equatable {
    var available: Int64 = 0
    var reserved: Int64 = 0

    mutating func add(_ other: StockHeld) {
        available += other.available
        reserved += other.reserved
    }

    /// - Parameter account: by its name in the table `balance`; those which hold nothing here are passed over.
    mutating func add(_ quantity: Int64, to account: String) {
        if account == "available" { available += quantity }
        if account == "reserved" { reserved += quantity }
    }
}

extension JSONWriter {
    /// `onHand`, `reserved` and `available`.
    mutating func fields(of held: StockHeld) {
        field("onHand", held.available + held.reserved)
        field("reserved", held.reserved)
        field("available", held.available)
    }

    /// `accounts`: those of no location, where pieces come from and go to.
    mutating func accounts(of sku: String, in database: Database) throws {
        let accounts = try Row.fetchAll(
            database.cachedStatement(sql: "SELECT account, quantity FROM balance WHERE sku = ? AND location = ''"),
            arguments: [sku])
        key("accounts")
        object { writer in for row in accounts { writer.field(row[0], row[1] as Int64) } }
    }
}
