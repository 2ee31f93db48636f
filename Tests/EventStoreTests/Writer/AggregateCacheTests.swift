import Ledger
import Testing

@testable import EventStore

@Suite("The cache of aggregates")
struct AggregateCacheTests {
    private func entry(_ version: UInt64) -> AggregateCache<Product>.Entry {
        .init(.product(sku("A")), state: Product(), head: StreamHead(position: .at(version), version: .at(version)))
    }

    @Test("It holds at least as many as it says, and at most twice as many")
    func capacity() {
        var cache = AggregateCache<Product>(capacity: 10)
        for index in 1...1_000 {
            cache.insert(entry(UInt64(index)), "p-\(index)", durable: .at(.max))
            var copy = cache
            let held = (1...index).count { copy.entry("p-\($0)", durable: .at(.max)) != nil }
            #expect(held >= min(index, 10) && held <= 20)
            if index == 60 { break }
        }
    }

    @Test("What is used again stays, what is not goes")
    func usedAgain() {
        var cache = AggregateCache<Product>(capacity: 10)
        cache.insert(entry(7), "kept", durable: .at(.max))
        cache.insert(entry(8), "dropped", durable: .at(.max))
        for index in 1...200 {
            cache.insert(entry(1), "p-\(index)", durable: .at(.max))
            #expect(cache.entry("kept", durable: .at(.max))?.head.version == .at(7))
        }
        #expect(cache.entry("dropped", durable: .at(.max)) == nil)
    }

    @Test("What is newer than durable stays, however many there are")
    func undurable() {
        var cache = AggregateCache<Product>(capacity: 10)
        for index in 1...500 { cache.insert(entry(UInt64(index)), "p-\(index)", durable: .at(100)) }
        for index in 101...500 {
            #expect(cache.entry("p-\(index)", durable: .at(100))?.head.version == .at(UInt64(index)))
        }
        #expect((1...100).count { cache.entry("p-\($0)", durable: .at(100)) != nil } <= 20)
    }
}
