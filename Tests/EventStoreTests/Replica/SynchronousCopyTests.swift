import EventStore
import Ledger
import Postgres
import TestServers
import TestTools
import Testing

@testable import EventStore

@Suite("Commands that are answered when Postgres has them", .needsPostgres, .temporaryPostgres, .timeLimit(.minutes(5)))
struct SynchronousCopyTests {
    /// Runs a Writer whose commands wait for the copy.
    private func write<R>(
        _ shop: CopiedShop, url: String? = nil, _ body: (Store, Writer, Replicator) async throws -> R
    ) async throws -> R {
        try await shop.data.open { store in
            try await shop.copying(store, .sync, url: url) { replicator in
                let writer = store.startWriter(replicator: replicator, logger: .silent)
                let result: Result<R, any Error>
                do {
                    try await replicator.untilWell()
                    result = .success(try await body(store, writer, replicator))
                } catch {
                    result = .failure(error)
                }
                await writer.stop()
                return try result.get()
            }
        }
    }

    @Test("What is acknowledged is in Postgres already, whoever asks at the same time")
    func acknowledged() async throws {
        let shop = try CopiedShop()
        try await write(shop) { store, writer, replicator in
            try await writer.sell(sku("A"), stock: 1_000)
            try await withThrowingTaskGroup { group in
                for client in 0..<8 {
                    group.addTask {
                        let connection = try shop.connect()
                        for _ in 0..<10 {
                            let receipt = try await writer.accept(ReserveStock(sku: sku("A"), quantity: 1))
                            let found = try connection.query(
                                "SELECT 1 FROM events WHERE position = $1", [.integer(Int64(receipt.position.rawValue))]
                            )
                            #expect(found.count == 1, "client \(client), position \(receipt.position)")
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("While Postgres is away commands are refused, and one that was in hand can be sent again with its key")
    func away() async throws {
        let shop = try CopiedShop()
        let user = try shop.user("copier")
        try await write(shop, url: user) { store, writer, replicator in
            try await writer.sell(sku("A"), stock: 5)
            // The copy stands still behind this lock; the command is durable here, and not there.
            let lock = try shop.connect()
            try lock.execute("BEGIN")
            _ = try lock.query("SELECT * FROM log_head FOR UPDATE")
            let inHand = Task.immediate {
                try await writer.outcome(of: ReserveStock(sku: sku("A"), quantity: 1), key: "in hand")
            }
            _ = await store.log.head.reached(3, within: .patience)
            try shop.admit("copier", false)
            #expect(try await inHand.value.fault == .replicaAway)
            #expect(try await writer.outcome(of: ReserveStock(sku: sku("A"), quantity: 1)).fault == .replicaAway)
            // Known here, and still no acknowledgement.
            #expect(
                try await writer.outcome(of: ReserveStock(sku: sku("A"), quantity: 1), key: "in hand").fault
                    == .replicaAway)
            lock.close()
            try shop.admit("copier", true)
            try await replicator.untilWell()
            let again = try await writer.accept(ReserveStock(sku: sku("A"), quantity: 1), key: "in hand")
            #expect(again.isRepeated)
            #expect(again.position == .at(3))
            #expect(try Replica(reading: shop.url).head().position == .at(3))
        }
    }

    @Test("Who was taken over acknowledges nothing more, and says by whom", arguments: Replicator.Mode.allCases)
    func fenced(mode: Replicator.Mode) async throws {
        let shop = try CopiedShop()
        try await shop.data.open { store in
            try await shop.copying(store, mode) { replicator in
                let writer = store.startWriter(replicator: replicator, logger: .silent)
                try await replicator.untilWell()
                try await writer.sell(sku("A"), stock: 5)
                _ = await replicator.position.reached(2, within: .patience)
                _ = try shop.takeOver()
                let fault = try #require(await replicator.untilEnded())
                #expect(fault.code == .fenced)
                #expect(fault.message.contains("the other one"))
                #expect(try await writer.outcome(of: ReserveStock(sku: sku("A"), quantity: 1)).fault == .fenced)
                await writer.stop()
            }
        }
    }

    @Test("A log that is not the one which was copied is refused")
    func diverged() async throws {
        let (one, other) = (try CopiedShop(), try CopiedShop())
        try await one.data.write { store, writer in
            try await one.sell(40, seed: 1, writer)
            _ = try await one.copyAll(store)
        }
        try await other.data.write { store, writer in
            try await other.sell(80, seed: 2, writer)
            try await other.copying(store, url: one.url) { replicator in
                #expect(await replicator.untilEnded()?.code == .diverged)
            }
        }
        // One that knows less, as an older copy of the directory does.
        let older = try TemporaryData()
        try await older.write { store, writer in
            try await writer.sell(sku("A"), stock: 1)
            try await other.copying(store, url: one.url) { replicator in
                #expect(await replicator.untilEnded()?.code == .diverged)
            }
        }
    }
}
