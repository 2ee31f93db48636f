import EventStore
import Foundation
import Ledger
import Postgres
import Synchronization
import TestServers
import TestTools
import Testing

@testable import EventStore

@Suite("A log that several machines append to", .needsPostgres, .temporaryPostgres, .timeLimit(.minutes(5)))
struct SharedLogTests {
    @Test("What one machine did, the next one decides on")
    func together() async throws {
        try await SharedShop().nodes(2) { nodes in
            let (one, other) = (nodes[0].writer, nodes[1].writer)
            try await one.sell(sku("A"), stock: 3)
            let first = try await other.accept(
                ReserveStock(sku: sku("A"), quantity: 2, reservation: reservation("r")), key: "first")
            #expect(first.position == .at(3))
            let refused = try await one.outcome(of: ReserveStock(sku: sku("A"), quantity: 2))
            #expect(refused.refusal == .notEnoughStock)
            // A key is known everywhere.
            let again = try await one.accept(
                ReserveStock(sku: sku("A"), quantity: 2, reservation: reservation("r")), key: "first")
            #expect(again.isRepeated)
            #expect(again.position == .at(3))
            try await one.accept(ReleaseStock(sku: sku("A"), reservation: reservation("r")))
            try await other.accept(ReserveStock(sku: sku("A"), quantity: 3))
        }
    }

    @Test("A person's data, sealed by one machine, is opened by the others, whoever saw the person first")
    func persons() async throws {
        try await SharedShop().nodes(3) { nodes in
            try await nodes[0].writer.sell(sku("A"), stock: 50)
            for (number, node) in nodes.enumerated() {
                let cart = cart("cart-\(number)")
                try await node.writer.accept(AddToCart(cart: cart, sku: sku("A"), quantity: 1))
                try await node.writer.accept(
                    PlaceOrder(cart: cart, order: order("order-\(number)"), contact: SampleContacts.whole))
            }
            for node in nodes {
                _ = try #require(await node.writer.outcome(of: Scripted.note("last \(node.number)")).receipt)
                for number in 0..<3 {
                    let head = try node.store.index.head(of: StreamName(.order, "order-\(number)"))
                    let record = try #require(try node.store.log.record(at: head.position))
                    guard case .order(.placed(let placement)) = try node.store.events.event(of: record) else {
                        Issue.record("\(record)")
                        continue
                    }
                    #expect(placement.contact == SampleContacts.whole)
                }
            }
        }
    }

    @Test(
        "Eight writers on three machines, paused in their turns: no gap, nothing skipped, nothing lost",
        arguments: 1...3)
    func random(seed: UInt64) async throws {
        print("seed \(seed)")
        let shop = try SharedShop()
        try await shop.nodes(3) { nodes in
            try await nodes[0].writer.sell(sku("HOT"), stock: 200)
            let reader = FollowingReader(try shop.shop.connect())
            let end = Watermark()
            async let skipped = reader.follow(until: end)
            defer { end.advance(to: 1) }
            let told = try await withThrowingTaskGroup(of: [String: Receipt].self) { group in
                for client in 0..<8 {
                    let writer = nodes[client % 3].writer
                    group.addTask { try await writer.sellSlowly(40, client, seed: seed) }
                }
                return try await group.reduce(into: [:]) { $0.merge($1) { $1 } }
            }
            end.advance(to: 1)
            #expect(try await skipped == [])
            try await shop.requireSame(nodes)
            for (key, receipt) in told {
                #expect(try nodes[0].store.log.record(at: receipt.position)?.key == key)
            }
            let books = try FoldedBooks(nodes[2].store)
            #expect(try books.stock(sku("HOT")).available(at: .noon) == 0)
            #expect(told.keys.count { $0.hasPrefix("reserve") } == 200)
        }
    }

    @Test("Negative control: where the position comes from a sequence, a reader skips what commits late")
    func sequence() async throws {
        let shop = try CopiedShop()
        try shop.connect().execute(script: "CREATE TABLE numbered (position bigserial PRIMARY KEY)")
        let (early, late) = (try shop.connect(), try shop.connect())
        let reader = FollowingReader(try shop.connect(), table: "numbered")
        try early.begin()
        try early.execute("INSERT INTO numbered DEFAULT VALUES")
        try late.execute("INSERT INTO numbered DEFAULT VALUES")
        try reader.look()
        try early.commit()
        try reader.look()
        #expect(reader.skipped == [1])
    }

    @Test("A machine that stands still in its turn is passed over, and its command is not written")
    func paused() async throws {
        try await SharedShop().nodes(2) { nodes in
            try await nodes[1].writer.sell(sku("A"), stock: 5)
            let gate = Gate()
            let stuck = Task.immediate { try await nodes[0].writer.outcome(of: Scripted.noting("stuck", at: gate)) }
            await gate.isReached()
            let passed = try await nodes[1].writer.accept(ReserveStock(sku: sku("A"), quantity: 1))
            gate.open()
            #expect(try await stuck.value.fault == .logAway)
            #expect(passed.position == .at(3))
            try await nodes[0].writer.accept(ReserveStock(sku: sku("A"), quantity: 1))
        }
    }

    @Test("A connection cut in the middle of commits leaves nothing unknown for long and nothing twice")
    func cut() async throws {
        let shop = try SharedShop()
        try await shop.nodes(2) { nodes in
            try await nodes[0].writer.sell(sku("A"), stock: 100_000)
            let stop = Watermark()
            let cutter = Task.detached {
                while stop.value == 0 {
                    for backend in try shop.shop.backends(of: "node") { kill(backend, SIGTERM) }
                    stop.waitBlocking(for: 1, timeoutMilliseconds: 30)
                }
            }
            for step in 1...150 {
                let key = "key-\(step)"
                let reserve = try ReserveStock(sku: sku("A"), quantity: 1, reservation: reservation(key))
                var outcome = try await nodes[step % 2].writer.outcome(of: reserve, key: key)
                for _ in 1...1_000 where outcome.fault == .logAway {
                    outcome = try await nodes[(step + 1) % 2].writer.outcome(of: reserve, key: key)
                }
                #expect(outcome.receipt != nil, "\(outcome)")
            }
            stop.advance(to: 1)
            try await cutter.value
            try await nodes[0].writer.accept(Scripted.note("end"))
            try await shop.requireSame(nodes)
            #expect(nodes[0].store.log.headPosition == .at(153))
        }
    }

    @Test("Behind an append the copy has all of it, where a follower was quicker with a part of it")
    func partlyFollowed() async throws {
        let data = try TemporaryData(postgresURL: CopiedShop().url)
        try await data.open { store in
            let records = try #require(store.shared)
            var chain = Chain()
            try chain.append(1, to: store.log)
            let (following, stop, stopped) = (Watermark(), Watermark(), Watermark())
            Thread {
                if let replica = try? records.connectToFollow(makesSchema: false) {
                    following.advance(to: 1)
                    while stop.value == 0, (try? records.takeIn(from: replica)) != nil {}
                }
                stopped.advance(to: 1)
            }.start()
            #expect(await following.reached(1, within: .patience))
            // More than a follower takes in at once.
            for _ in 1...10 {
                try chain.append(5_000, to: store.log)
                #expect(try store.log.record(at: chain.position) != nil)
            }
            stop.advance(to: 1)
            #expect(await stopped.reached(1, within: .patience))
        }
    }

    @Test("A copy of another log, or one that knows more, is refused and nothing is accepted")
    func diverged() async throws {
        let (one, other) = (try SharedShop(), try SharedShop())
        try await one.nodes(1) { nodes in try await nodes[0].writer.sell(sku("A"), stock: 5) }
        try await other.nodes(1, in: one.directories) { nodes in
            let outcome = try await nodes[0].writer.outcome(of: Scripted.note("x"))
            #expect(outcome.fault == .diverged)
        }
    }

    @Test("A copy that a machine may have lost a part of when it went down is made anew; one that was closed is kept")
    func otherRun() async throws {
        let shop = try SharedShop()
        let data = shop.directories[0]
        func opened(_ mark: String?) async throws -> Position {
            if let mark { try mark.write(toFile: data.file("copy-of-shared-log"), atomically: true, encoding: .utf8) }
            return try await data.open { store in store.log.headPosition }
        }
        try await shop.nodes(1) { nodes in try await nodes[0].writer.sell(sku("A"), stock: 5) }
        #expect(try await opened(nil) == .at(2))
        try await data.open { store in try store.settle() }
        #expect(try await opened(nil) == .at(2))
        #expect(try await opened("an earlier run") == .start)
        try await shop.nodes(1) { nodes in
            let reserved = try await nodes[0].writer.accept(ReserveStock(sku: sku("A"), quantity: 5))
            #expect(reserved.position == .at(3))
        }
    }

    @Test("A log that has become one machine's own is no longer shared, and one that is shared is nobody's own")
    func notShared() async throws {
        let shop = try SharedShop()
        try await shop.nodes(1) { nodes in
            try await nodes[0].writer.sell(sku("A"), stock: 5)
            let single = try TemporaryData()
            try await single.open { store in
                try await shop.shop.copying(store) { replicator in
                    #expect(await replicator.untilEnded()?.code == .fenced)
                }
            }
            try shop.shop.connect().execute("UPDATE log_head SET epoch = epoch + 1, leader = 'somebody'")
            #expect(try await nodes[0].writer.outcome(of: Scripted.note("x")).fault == .fenced)
        }
    }
}

/// Several machines' stores, on one log in Postgres.
final class SharedShop: Sendable {
    struct Node: Sendable {
        let number: Int
        let store: Store
        let writer: Writer
        let follower: LogFollower
    }

    let shop: CopiedShop
    private let url: String
    let directories: [TemporaryData]

    init() throws {
        shop = try CopiedShop()
        url = try shop.user("node")
        directories = try (0..<3).map { [url] _ in try TemporaryData(postgresURL: url) }
    }

    func nodes<R>(
        _ count: Int, in directories: [TemporaryData]? = nil, _ body: ([Node]) async throws -> R
    ) async throws -> R {
        try await open((directories ?? self.directories).prefix(count).map(\.path), [], body)
    }

    private func open<R>(
        _ paths: [String], _ nodes: [Node], _ body: ([Node]) async throws -> R
    ) async throws -> R {
        guard let path = paths.first else { return try await body(nodes) }
        return try await TemporaryData.write(path, postgresURL: url) { store, writer in
            let follower = try #require(try LogFollower(store, logger: .silent))
            follower.start()
            let result: Result<R, any Error>
            do {
                let node = Node(number: nodes.count, store: store, writer: writer, follower: follower)
                result = .success(try await open(Array(paths.dropFirst()), nodes + [node], body))
            } catch {
                result = .failure(error)
            }
            await follower.stop()
            return try result.get()
        }
    }

    /// Every machine comes to have the same bytes as Postgres, behind one another.
    func requireSame(_ nodes: [Node]) async throws {
        let replica = try Replica(reading: shop.url)
        let (head, rows) = (try replica.head().position, try replica.records(after: .start, limit: 1_000_000))
        #expect(rows.map(\.position.rawValue) == Array(1...head.rawValue))
        for node in nodes {
            #expect(await node.store.log.head.reached(head.rawValue, within: .patience))
            let mine = try node.store.log.readEncoded(after: .start, limit: .max)
            #expect(mine.map(\.bytes) == rows.map(\.bytes), "node \(node.number)")
        }
    }
}

/// Reads what is behind the newest that it has read, as everybody does who follows a log, and counts what it never sees.
final class FollowingReader: @unchecked Sendable {
    private let connection: Connection
    private let table: String
    private var seen: [Int64] = []

    init(_ connection: Connection, table: String = "events") {
        self.connection = connection
        self.table = table
    }

    func look() throws {
        let rows = try connection.query(
            "SELECT position FROM \(table) WHERE position > $1 ORDER BY position", [.integer(seen.last ?? 0)])
        seen += try rows.map { try $0.integer("position") ?? 0 }
    }

    var skipped: [Int64] {
        let seen = Set(self.seen)
        return (1...(self.seen.last ?? 1)).filter { !seen.contains($0) }
    }

    /// On a thread of its own, until the mark is at 1. Returns what was skipped.
    func follow(until end: Watermark) async throws -> [Int64] {
        try await withCheckedThrowingContinuation { continuation in
            Thread { [self] in
                continuation.resume(
                    with: Result {
                        while end.value == 0 {
                            try look()
                            end.waitBlocking(for: 1, timeoutMilliseconds: 1)
                        }
                        try look()
                        return skipped
                    })
            }.start()
        }
    }
}

extension Writer {
    /// Notes, some of them decided slowly, and reservations of what is hot. Returns what was accepted.
    fileprivate func sellSlowly(_ count: Int, _ client: Int, seed: UInt64) async throws -> [String: Receipt] {
        var random = SplitMix64(seed: seed * 100 + UInt64(client))
        var told: [String: Receipt] = [:]
        for step in 1...count {
            let (note, reserve) = ("note-\(client)-\(step)", "reserve-\(client)-\(step)")
            let pause = Int.random(in: 0...9, using: &random) == 0 ? 0.02 : 0
            told[note] = try await accept(Scripted.pausing(pause, note), key: note)
            let outcome = try await outcome(
                of: ReserveStock(sku: sku("HOT"), quantity: 1, reservation: reservation(reserve)), key: reserve)
            #expect(outcome.receipt != nil || outcome.refusal == .notEnoughStock, "\(outcome)")
            told[reserve] = outcome.receipt
        }
        return told
    }
}

extension Scripted {
    /// An event of no consequence, decided slowly.
    static func pausing(_ seconds: Double, _ words: String) -> Scripted {
        let note = note(words)
        return Scripted(words: words) { books, moment in
            if seconds > 0 { Thread.sleep(forTimeInterval: seconds) }
            return try note.script(books, moment)
        }
    }

    /// An event of no consequence, decided when the gate is opened.
    static func noting(_ words: String, at gate: Gate) -> Scripted {
        let note = note(words)
        return Scripted(words: words) { books, moment in
            gate.hold()
            return try note.script(books, moment)
        }
    }
}
