import Ledger

/// Aggregates in memory, by stream. Holds between `capacity` and twice as many; of those, the ones used last.
struct AggregateCache<State: Aggregate> {
    struct Entry {
        var state: State
        var head: StreamHead
    }

    private let capacity: Int
    /// Used since the last turn, and before. An entry used again moves to the younger ones.
    private var young: [String: Entry] = [:]
    private var old: [String: Entry] = [:]

    init(capacity: Int) { self.capacity = capacity }

    mutating func entry(_ id: String) -> Entry? {
        if let entry = young[id] { return entry }
        guard let entry = old.removeValue(forKey: id) else { return nil }
        insert(entry, id)
        return entry
    }

    mutating func insert(_ entry: Entry, _ id: String) {
        if young.count >= capacity {
            old = young
            young = [:]
        }
        young[id] = entry
    }

    /// Changes an entry in place; it must be there.
    mutating func update(_ id: String, _ change: (inout Entry) -> Void) {
        if young[id] == nil, let entry = old.removeValue(forKey: id) { insert(entry, id) }
        change(&young[id]!)
    }
}
