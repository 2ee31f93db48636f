import EventStore
import Ledger

/// Consecutive events of the log, decoded once for all who take them.
struct EventChunk: Sendable {
    /// What the log says of the records among which they are.
    let account: LogAccount
    var events: [Recorded]
    var after: Position { account.after }
    /// Everything up to here was looked at.
    var through: Position { account.through }

    /// Reads up to `limit` records behind a position, and decodes those of the kinds of streams wanted. Nil at the end of the
    /// log.
    ///
    /// - Throws: `FailedEvent` for the first that can't be decoded, `EventStoreError` for one that is damaged.
    init?(of store: Store, after position: Position, limit: Int, of categories: Set<Category>) throws {
        let (records, through) = try store.log.read(after: position, limit: limit, of: categories)
        guard through > position else { return nil }
        account = try store.log.account(after: position, through: through)
        events = try records.map { record in
            do {
                return Recorded(record: record, event: try store.events.event(of: record))
            } catch {
                throw FailedEvent(position: record.position, cause: error)
            }
        }
    }

    /// Lends those behind a position that are of the kinds wanted, in order. Where they lie: to copy an event costs more than
    /// many a projection does with it.
    func forEach(behind position: Position, of categories: Set<Category>, _ body: (Recorded) throws -> Void) rethrows {
        for index in events.indices
        where events[index].record.position > position && categories.contains(events[index].record.stream.category) {
            try body(events[index])
        }
    }
}

/// An event that a projection can't apply.
struct FailedEvent: Error, CustomStringConvertible {
    let position: Position
    let cause: any Error

    var description: String { "The event at position \(position) can't be applied: \(cause)" }
}
