import EventStore
import Ledger

/// Reads the whole log and folds it into what is in stock, on the calling thread.
enum StockFold {
    struct Result {
        var events = 0
        var items = 0
    }

    static func run(_ store: Store) throws -> Result {
        var state = ShopState()
        var position = Position.start
        while case let records = try store.log.read(after: position, limit: 8_192), let last = records.last {
            for record in records {
                state.apply(Recorded(record: record, event: try store.events.event(of: record)))
            }
            position = last.position
        }
        var result = Result()
        result.events = Int(state.events)
        result.items = state.counts.first { $0.name == "stock items" }?.count ?? 0
        return result
    }
}
