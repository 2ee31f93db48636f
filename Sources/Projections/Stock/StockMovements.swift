package import EventStore
package import GRDB
import JSON
package import Ledger

/// The movements of one SKU between its accounts, the newest first: its stream in the log, from where the read model stands backwards.
package struct StockMovements: Sendable {
    private let sku: String
    private let store: Store

    package init(of sku: String, in store: Store) {
        self.sku = sku
        self.store = store
    }

    /// - Throws: `UnknownCursor` for one that no page of this SKU's gave out.
    package func page(limit: Int, after cursor: Cursor?, in database: Database) throws -> Page {
        Page(try movements(limit: limit, after: cursor, in: database), limit: limit) { moved in
            JSONWriter.object { moved.write(to: &$0) }
        } cursor: { moved in
            Cursor([moved.record.position.description, String(moved.part)])
        }
    }

    /// How the numbers of today came about: where all pieces came from and went to, and each movement with what there was behind
    /// it. Nil where there never was any.
    ///
    /// What is `expired` counts as available though no movement says so yet: with it the newest movement's numbers are today's.
    ///
    /// - Parameter cursor: of the page before; its numbers go on in this one, whatever happened since.
    /// - Throws: `UnknownCursor` for one that no page of this SKU's gave out.
    package func why(limit: Int, after cursor: Cursor?, now: Timestamp, in database: Database) throws -> [UInt8]? {
        guard let answer = try StockProjection.answer(about: sku, now: now, in: database) else { return nil }
        var held = try cursor.map(Self.held) ?? total(in: database)
        let movements = try movements(limit: limit, after: cursor, in: database)
        let today = try JSONDocument(answer.json).root
        return try JSONWriter.object { writer in
            for name in ["sku", "onHand", "reserved", "available", "accounts", "version"] {
                writer.key(name)
                writer.raw(today.field(name)?.source ?? [])
            }
            try write(expired: now, in: database, to: &writer)
            writer.key("items")
            writer.array { writer in
                for moved in movements.prefix(limit) {
                    writer.object {
                        moved.write(to: &$0)
                        $0.fields(of: held)
                    }
                    held.takeBack(moved.movement)
                }
            }
            let last = movements.count > limit ? movements[limit - 1] : nil
            writer.field("next", last.map { Self.cursor($0, held).text })
        }
    }

    /// Up to one more than `limit`, which tells that there is a next page.
    private func movements(limit: Int, after cursor: Cursor?, in database: Database) throws -> [Moved] {
        guard let (begin, partsBefore) = try cursor.map(place) ?? head(in: database) else { return [] }
        var found: [Moved] = []
        try store.log.readBackwards(from: begin) { record in
            guard case .stock(let event) = try store.events.event(of: record) else { return false }
            for (part, movement) in StockItem.movements(of: event).enumerated().reversed()
            where record.position < begin.position || part < partsBefore {
                found.append(Moved(record: record, part: part, movement: movement, cause: event.cause))
            }
            return found.count <= limit
        }
        return Array(found.prefix(limit + 1))
    }

    /// Behind the newest movement that is in the rows.
    private func head(in database: Database) throws -> (StreamHead, partsBefore: Int)? {
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT version, position FROM item WHERE sku = ?"), arguments: [sku])
        return row.map { row in
            let version = Version(rawValue: UInt64(row[0] as Int64))
            return (StreamHead(position: Position(rawValue: UInt64(row[1] as Int64)), version: version), .max)
        }
    }

    private func place(_ cursor: Cursor) throws -> (StreamHead, partsBefore: Int) {
        guard let position = UInt64(cursor.values[0]), let part = Int(cursor.values[1]),
            let record = try store.log.record(at: Position(rawValue: position)),
            record.stream == StreamName(.stock, sku)
        else { throw UnknownCursor() }
        return (StreamHead(position: record.position, version: record.version), part)
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

    private static func cursor(_ moved: Moved, _ held: StockHeld) -> Cursor {
        Cursor([
            moved.record.position.description, String(moved.part), String(held.available), String(held.reserved),
        ])
    }

    private static func held(_ cursor: Cursor) -> StockHeld {
        StockHeld(available: Int64(cursor.values[2]) ?? 0, reserved: Int64(cursor.values[3]) ?? 0)
    }

    /// One of the movements that an event is.
    private struct Moved {
        let record: EventStore.Record
        let part: Int
        let movement: StockItem.Movement
        let cause: String?

        func write(to writer: inout JSONWriter) {
            writer.field("position", Int64(record.position.rawValue))
            writer.field("type", record.type.name)
            writer.field("from", movement.from.place.text)
            writer.field("to", movement.to.place.text)
            writer.field("quantity", movement.quantity)
            writer.field("cause", cause)
            writer.field("effectiveAt", record.effectiveAt.description)
            writer.field("actor", record.actor)
        }
    }
}

/// A cursor that no page of this list gave out.
package struct UnknownCursor: Error {}

extension StockHeld {
    fileprivate mutating func takeBack(_ movement: StockItem.Movement) {
        add(-movement.quantity, to: movement.to.place.account)
        add(movement.quantity, to: movement.from.place.account)
    }
}

extension StockItem.Event {
    /// What the movement was for, in one word for people: a reference, a reason, an order, a document.
    fileprivate var cause: String? {
        switch self {
        case .received(_, let reference): reference
        case .adjusted(_, _, let reason): reason
        case .reserved(let id, _), .released(let id, _, _), .shipped(let id, _): id.text
        case .takenBack(_, let document, _): document.text
        }
    }
}
