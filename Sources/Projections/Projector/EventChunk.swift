import EventStore
import Ledger

/// Consecutive events of the log, decoded once for all who take them.
struct EventChunk: Sendable {
    /// What the log says of the records among which they are.
    let account: LogAccount
    /// In order.
    var events: [Recorded] = [] { didSet { kinds = events.map(\.record.stream.category) } }
    /// Of the events: each reader looks through all of them, and an event itself is some hundreds of bytes.
    private var kinds: [Category] = []
    /// Those that this program can't decode, in order.
    private var undecoded: [(record: Record, error: any Error)] = []

    var after: Position { account.after }
    /// Everything up to here was looked at.
    var through: Position { account.through }

    /// Reads up to `limit` records behind a position, and decodes those of the kinds of streams wanted. Nil at the end of the
    /// log.
    ///
    /// - Parameter old: one that nobody looks at any more: its memory is used again, which is tens of megabytes to be had and
    ///   cleared otherwise.
    /// - Throws: `EventStoreError` for one that is damaged.
    init?(
        of store: Store, after position: Position, limit: Int, of categories: Set<Category>,
        reusing old: consuming EventChunk? = nil
    ) throws {
        var (events, kinds) = old?.takeMemory() ?? ([], [])
        var undecoded: [(record: Record, error: any Error)] = []
        // To grow would be to move all of them, and more than once.
        events.reserveCapacity(min(limit, max(0, Int(store.log.headPosition.rawValue) - Int(position.rawValue))))
        let through = try store.log.read(after: position, limit: limit, of: categories) { record in
            do {
                events.append(Recorded(record: record, event: try store.events.event(of: record)))
                kinds.append(record.stream.category)
            } catch {
                undecoded.append((record, error))
            }
        }
        guard through > position else { return nil }
        account = try store.log.account(after: position, through: through)
        (self.events, self.kinds, self.undecoded) = (events, kinds, undecoded)
    }

    private mutating func takeMemory() -> ([Recorded], [Category]) {
        var memory: ([Recorded], [Category]) = ([], [])
        swap(&kinds, &memory.1)
        swap(&events, &memory.0)
        memory.0.removeAll(keepingCapacity: true)
        memory.1.removeAll(keepingCapacity: true)
        return memory
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
        try events.withUnsafeBufferPointer { events in
            for index in events.indices
            where wanted.contains(kinds[index]) && events[index].record.position > position {
                while let first = waiting.first, first.record.position < events[index].record.position {
                    waiting.removeFirst()
                    try failed(first.record, first.error)
                }
                try body(events[index])
            }
        }
        for (record, error) in waiting { try failed(record, error) }
    }
}
