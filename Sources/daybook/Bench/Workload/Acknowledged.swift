import EventStore
import Ledger

/// What was acknowledged is there: checked behind every measurement over HTTP.
enum Acknowledged {
    /// Each accepted command made so many events; a request whose connection broke may have made one or not.
    ///
    /// - Throws: `Failure` where the log has fewer events than were acknowledged, or more than were asked for.
    static func check(
        _ directory: String, after before: Position, accepted: Int, unknown: Int = 0, eventsEach: Int = 1
    ) throws {
        let store = try Store(directory: directory, access: .readOnly)
        let events = Int(store.log.headPosition.rawValue) - Int(before.rawValue)
        guard events % eventsEach == 0, (accepted...accepted + unknown).contains(events / eventsEach) else {
            throw Failure(
                .check,
                "\(accepted) commands of \(eventsEach) events were acknowledged and \(unknown) are unknown; the log has "
                    + "\(events) events.")
        }
    }

    /// One item was never reserved more often than there was of it: its reservations are those acknowledged, and with
    /// what is available they are what was received.
    static func checkHotItem(_ directory: String, accepted: Int, stock: Int64) throws {
        let store = try Store(directory: directory, access: .readOnly)
        var state = ShopState()
        var position = Position.start
        while case let records = try store.log.read(after: position, limit: 8_192), let last = records.last {
            for record in records {
                state.apply(Recorded(record: record, event: try store.events.event(of: record)))
            }
            position = last.position
        }
        let main = try Location("main")
        guard let item = state.stock(BenchShop.sku(0)) else {
            throw Failure(.check, "The hot item is not in the log.")
        }
        let (free, held) = (item.balance(of: .available(main)), item.balance(of: .reserved(main)))
        guard free >= 0, held == accepted, free + held == stock else {
            throw Failure(
                .check,
                "Oversold or lost: \(stock) received, \(accepted) reservations acknowledged, \(held) in the log, "
                    + "\(free) available.")
        }
    }
}
