import Ledger

/// What stock events change in the available pieces of SKUs, summed over a batch.
struct Availability {
    private(set) var changes: [String: Int64] = [:]

    mutating func apply(_ event: StockItem.Event, sku: String) {
        var change: Int64 = 0
        StockItem.forEachMovement(of: event) { movement in
            if case .available = movement.from { change -= movement.quantity }
            if case .available = movement.to { change += movement.quantity }
        }
        if change != 0 { changes[sku, default: 0] += change }
    }

    /// In key order.
    var sorted: [(sku: String, change: Int64)] {
        changes.sorted { $0.key < $1.key }.map { (sku: $0.key, change: $0.value) }
    }
}
