import EventStore
import Ledger

/// Consecutive events of the log, decoded once for all who take them.
struct EventChunk: Sendable {
    /// What the log says of the records among which they are.
    let account: LogAccount
    /// In order.
    var events: [Recorded] = []
    /// Those that this program can't decode, in order.
    private var undecoded: [(record: Record, error: any Error)] = []

    var after: Position { account.after }
    /// Everything up to here was looked at.
    var through: Position { account.through }

    /// Reads up to `limit` records behind a position, and decodes those of the kinds of streams wanted. Nil at the end of the
    /// log.
    ///
    /// - Throws: `EventStoreError` for one that is damaged.
    init?(of store: Store, after position: Position, limit: Int, of categories: Set<Category>) throws {
        let (records, through) = try store.log.read(after: position, limit: limit, of: categories)
        guard through > position else { return nil }
        account = try store.log.account(after: position, through: through)
        events.reserveCapacity(records.count)
        for record in records {
            do {
                events.append(Recorded(record: record, event: try store.events.event(of: record)))
            } catch {
                undecoded.append((record, error))
            }
        }
    }

    /// Lends those behind a position that are of the kinds wanted, in order. Where they lie: to copy an event costs more than
    /// many a projection does with it.
    func forEach(
        behind position: Position, of categories: Set<Category>, _ body: (Recorded) throws -> Void,
        undecoded failed: (Record, any Error) throws -> Void
    ) rethrows {
        let wanted = CategoryMask(categories)
        var waiting = undecoded.filter { $0.record.position > position && wanted.contains($0.record.stream.category) }[
            ...]
        for index in events.indices
        where events[index].record.position > position && wanted.contains(events[index].record.stream.category) {
            while let first = waiting.first, first.record.position < events[index].record.position {
                waiting.removeFirst()
                try failed(first.record, first.error)
            }
            try body(events[index])
        }
        for (record, error) in waiting { try failed(record, error) }
    }

    /// The checksums of those records, in order.
    func forEachChecksum(behind position: Position, of categories: Set<Category>, _ body: (UInt32) -> Void) {
        forEach(behind: position, of: categories) {
            body($0.record.checksum)
        } undecoded: { record, _ in
            body(record.checksum)
        }
    }
}
