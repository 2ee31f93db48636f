import EventStore
import Ledger

/// Reads the whole log and folds it into what is in stock, on the calling thread.
enum StockFold {
    struct Result {
        var events = 0
        var items = 0
    }

    static func run(_ store: Store) throws -> Result {
        var items: [String: StockAccounts] = [:]
        var position = Position.start
        while position < store.log.headPosition {
            position = try store.log.readStock(after: position, limit: 8_192) { sku, event in
                items[sku, default: StockAccounts()].post(event)
            }
        }
        var result = Result()
        result.events = Int(position.rawValue)
        result.items = items.count
        return result
    }
}
