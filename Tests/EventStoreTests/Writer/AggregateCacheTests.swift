import Ledger
import Testing

@testable import EventStore

@Suite("The cache of aggregates")
struct AggregateCacheTests {
    private func entry(_ version: UInt64) -> AggregateCache<Product>.Entry {
        .init(state: Product(), head: StreamHead(position: .at(version), version: .at(version)))
    }

    @Test("It holds at least as many as it says, and at most twice as many")
    func capacity() {
        var cache = AggregateCache<Product>(capacity: 10)
        for index in 1...1_000 {
            cache.insert(entry(UInt64(index)), "p-\(index)")
            var copy = cache
            let held = (1...index).count { copy.entry("p-\($0)") != nil }
            #expect(held >= min(index, 10) && held <= 20)
            if index == 60 { break }
        }
    }

    @Test("What is used again stays, what is not goes")
    func usedAgain() {
        var cache = AggregateCache<Product>(capacity: 10)
        cache.insert(entry(7), "kept")
        cache.insert(entry(8), "dropped")
        for index in 1...200 {
            cache.insert(entry(1), "p-\(index)")
            #expect(cache.entry("kept")?.head.version == .at(7))
        }
        #expect(cache.entry("dropped") == nil)
    }

    @Test("A change is made where the entry is, younger or older")
    func update() {
        var cache = AggregateCache<Product>(capacity: 2)
        for id in ["a", "b", "c"] { cache.insert(entry(1), id) }
        for id in ["a", "c", "b", "b"] {
            guard let before = cache.entry(id)?.head.version.rawValue else { continue }
            cache.update(id) { $0.head = StreamHead(position: .at(9), version: .at(before + 1)) }
            #expect(cache.entry(id)?.head.version == .at(before + 1))
        }
    }
}
