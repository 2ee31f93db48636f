import EventStore
import JSON
import Ledger
import TestSupport
import TestTools
import Testing

@testable import Projections

@Suite("One thing as of then", .serialized)
struct PastTests {
    /// A shop with a random history.
    private func withHistory(_ seed: UInt64, commands: Int, _ body: (Store) async throws -> Void) async throws {
        try await DataDirectory().open { store, writer in
            var history = History(SplitMix64(seed: seed))
            try await History.open(writer)
            try await history.go(on: writer, commands: commands)
            try await body(store)
        }
    }

    private func ids(_ category: Ledger.Category, _ store: Store) throws -> Set<String> {
        let records = try store.log.read(after: .start, limit: .max)
        return Set(records.filter { $0.stream.category == category }.map(\.stream.id)).union(["NOBODY"])
    }

    @Test("It is what the read model answered when it stood there, of everything and everywhere", arguments: 0..<3)
    func equalsReadModel(_ index: Int) async throws {
        let seed = SplitMix64.seed &+ UInt64(index)
        try await withHistory(seed, commands: 150) { store in
            var random = SplitMix64(seed: seed)
            let head = store.log.headPosition.rawValue
            for place in [1, 7, head] + (0..<5).map({ _ in UInt64.random(in: 1...head, using: &random) }) {
                let position = Position(rawValue: place)
                _ = try ReadModels.fork(ReadModels.names, of: store, through: position, into: store.directory + "/then")
                try await expectSame(CatalogProjection.self, store, position, "seed \(seed)")
                try await expectSame(CartsProjection.self, store, position, "seed \(seed)")
                try await expectSame(OrdersProjection.self, store, position, "seed \(seed)")
                try await expectSame(StockProjection.self, store, position, "seed \(seed)")
            }
        }
    }

    private func expectSame<P: EntityProjection>(
        _ projection: P.Type, _ store: Store, _ position: Position, _ comment: Comment
    ) async throws {
        let file = try ReadModelFile(projection, path: "\(store.directory)/then/\(P.name).sqlite")
        #expect(try file.checkpoint().position == position)
        let now = Timestamp.now
        var found = 0
        for id in try ids(P.entity, store) {
            var past = try await PastEntity<P>(id, in: store, through: position)
            let answer = try await past?.answer(now: now)
            let expected = try file.read { try P.answer(about: id, now: now, in: $0) }
            #expect(answer == expected, "\(P.name) \(id) at \(position), \(comment)")
            if expected != nil { found += 1 }
        }
        if position == store.log.headPosition { #expect(found > 1, "there are things in \(P.name)") }
    }

    @Test("What its events changed, one after another, makes the answer of today", arguments: 0..<3)
    func changesMakeTheAnswer(_ index: Int) async throws {
        let seed = SplitMix64.seed &+ UInt64(index)
        try await withHistory(seed, commands: 150) { store in
            try await expectChanges(CartsProjection.self, store, "seed \(seed)")
            try await expectChanges(OrdersProjection.self, store, "seed \(seed)")
            try await expectChanges(StockProjection.self, store, "seed \(seed)")
        }
    }

    private func expectChanges<P: EntityProjection>(
        _ projection: P.Type, _ store: Store, _ comment: Comment
    ) async throws {
        for id in try ids(P.entity, store) {
            let head = store.log.headPosition
            guard var past = try await PastEntity<P>(id, in: store, through: head) else { continue }
            let (changes, hasMore) = try await past.changes(behind: .none, limit: .max)
            #expect(!hasMore)
            var document = JSONValue.object([:])
            for difference in changes.flatMap(\.differences.inOrderOfDoing) { try document.apply(difference) }
            let last = try #require(changes.last).recorded
            // Nothing here ends by the clock, so any time will do.
            let answer = try #require(try await past.answer(now: last.record.recordedAt))
            #expect(try document == JSONValue(parsing: answer.json), "\(P.name) \(id), \(comment)")
            #expect(changes.map(\.recorded.record.version.rawValue) == Array(1...UInt64(changes.count)))
        }
    }

    @Test("A history is read in pages, which together are the whole")
    func pages() async throws {
        try await withHistory(SplitMix64.seed, commands: 60) { store in
            let head = store.log.headPosition
            func page(behind version: Version, _ limit: Int) async throws -> (items: [Position], hasMore: Bool) {
                var past = try #require(try await PastEntity<StockProjection>("LAMP", in: store, through: head))
                let found = try await past.changes(behind: version, limit: limit)
                return (found.items.map(\.recorded.record.position), found.hasMore)
            }
            let whole = try await page(behind: .none, .max).items
            for limit in [1, 3, whole.count - 1, whole.count] {
                var (items, hasMore) = ([Position](), true)
                while hasMore {
                    let next = try await page(behind: Version(rawValue: UInt64(items.count)), limit)
                    (items, hasMore) = (items + next.items, next.hasMore)
                }
                #expect(items == whole, "pages of \(limit)")
            }
        }
    }

    @Test("A longer history than somebody waits for is refused by name")
    func tooLong() async throws {
        try await withHistory(SplitMix64.seed, commands: 60) { store in
            let head = store.log.headPosition
            for product in [1, 3] {
                do {
                    _ = try await PastEntity<CatalogProjection>("LAMP", in: store, through: head, eventsMax: product)
                    Issue.record("\(product) events were enough")
                } catch let error as HistoryTooLong {
                    #expect([.stock, .product].contains(error.stream.category))
                    #expect(error.stream.id == "LAMP")
                }
            }
        }
    }
}

extension [JSONDifference] {
    /// Values that went are taken away last, from behind: a place in an array is its index.
    fileprivate var inOrderOfDoing: [JSONDifference] {
        filter { $0.after != nil } + filter { $0.after == nil }.reversed()
    }
}

extension JSONValue {
    fileprivate mutating func apply(_ difference: JSONDifference) throws {
        let value = try difference.after.map { try JSONValue(parsing: "[\(String(decoding: $0, as: UTF8.self))]")[0] }
        let path = difference.pointer.split(separator: "/").map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
        set(path[...], value)
    }

    private mutating func set(_ path: ArraySlice<String>, _ value: JSONValue?) {
        guard let name = path.first else {
            self = value ?? .null
            return
        }
        let rest = path.dropFirst()
        switch self {
        case .object(var fields):
            if rest.isEmpty { fields[name] = value } else { fields[name]?.set(rest, value) }
            self = .object(fields)
        case .list(var items):
            let index = Int(name) ?? -1
            if index == items.count, let value {
                items.append(value)
            } else if rest.isEmpty, value == nil {
                items.remove(at: index)
            } else {
                items[index].set(rest, value)
            }
            self = .list(items)
        default: Issue.record("there is nothing at \(name)")
        }
    }
}
