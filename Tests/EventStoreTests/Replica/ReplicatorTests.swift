import EventStore
import Glibc
import Ledger
import Postgres
import TestServers
import TestTools
import Testing

@testable import EventStore

@Suite("The copy of the log in Postgres", .needsPostgres, .temporaryPostgres, .timeLimit(.minutes(5)))
struct ReplicatorTests {
    @Test("Every record is copied to the byte, in its order, with what opens personal data", arguments: [1, 2, 3])
    func copied(seed: UInt64) async throws {
        let shop = try CopiedShop()
        try await shop.data.write { store, writer in
            try await shop.sell(600, seed: seed, writer)
            #expect(try await shop.copyAll(store) == store.log.headPosition)
            #expect(try shop.doubts(store) == [])
            let copy = try Replica(reading: shop.url).records(after: .start, limit: 100_000)
            let log = try store.log.readEncoded(after: .start, limit: 100_000)
            #expect(copy.map(\.bytes) == log.map(\.bytes))
            #expect(copy.map(\.position) == log.map(\.record.position))
            #expect(try shop.connect().query("SELECT 1 FROM person_keys").count > 0)
        }
    }

    @Test("It stops anywhere and goes on where the copy ends")
    func resumed() async throws {
        let shop = try CopiedShop()
        try await shop.data.write { store, writer in
            var sales = RandomShop(seed: SplitMix64(seed: 5))
            for _ in 1...5 {
                try await shop.sell(60, &sales, writer)
                try await shop.copying(store) { replicator in
                    _ = await replicator.position.reached(store.log.head.value / 2, within: .patience)
                }
            }
            #expect(try await shop.copyAll(store) == store.log.headPosition)
            #expect(try shop.doubts(store) == [])
        }
    }

    @Test("An auditor finds every movement of an article with psql, without personal data")
    func history() async throws {
        let shop = try CopiedShop()
        try await shop.data.write { store, writer in
            try await writer.sell(sku("LAMP"), stock: 5)
            try await writer.accept(AddToCart(cart: cart("c"), sku: sku("LAMP"), quantity: 2))
            try await writer.accept(PlaceOrder(cart: cart("c"), order: order("o"), contact: SampleContacts.whole))
            _ = try await shop.copyAll(store)
        }
        let connection = try shop.connect()
        let rows = try connection.query(
            "SELECT type, version, actor, data->>'quantity' AS received, data->'allocations'->0->>'quantity' AS reserved FROM history WHERE stream = 'stock-LAMP' ORDER BY version"
        )
        #expect(rows.map { $0["type"] } == ["stock.received", "stock.reserved"])
        #expect(rows.map { $0["received"] ?? $0["reserved"] } == ["5", "2"])
        #expect(try rows.map { try $0.integer("version") } == [1, 2])
        let placed = try #require(
            try connection.query("SELECT data::text FROM history WHERE type = 'order.placed'").first)
        #expect(placed["data"]?.contains("sealed") == true)
        #expect(placed["data"]?.contains("@") == false)
    }

    @Test(
        "An event can't be changed, by privilege nor by who has every privilege",
        arguments: [
            "UPDATE events SET actor = 'me'", "DELETE FROM events", "TRUNCATE events", "TRUNCATE events_0",
            "DELETE FROM events_0",
        ])
    func appendOnly(statement: String) async throws {
        let shop = try CopiedShop()
        let user = try shop.user("owner")
        try await shop.data.write { store, writer in
            try await writer.sell(sku("LAMP"), stock: 5)
            try await shop.copying(store, url: user) { replicator in
                _ = await replicator.position.reached(store.log.head.value, within: .patience)
            }
            let denied = try #require(throws: PostgresError.self) { try Connection(url: user).execute(statement) }
            #expect(denied.sqlState.rawValue == "42501", "\(denied)")
            let refused = try #require(throws: PostgresError.self) { try shop.connect().execute(statement) }
            #expect(refused.message.contains("append-only"), "\(refused)")
            #expect(try shop.doubts(store) == [])
        }
    }

    @Test("While Postgres is away commands go on, and the rest follows when it is back")
    func awayAsync() async throws {
        let shop = try CopiedShop()
        let user = try shop.user("copier")
        try await shop.data.write { store, writer in
            try await writer.sell(sku("A"), stock: 5)
            try await shop.copying(store, url: user) { replicator in
                #expect(await replicator.position.reached(store.log.head.value, within: .patience))
                try shop.admit("copier", false)
                try await shop.sell(50, seed: 7, writer)
                #expect(await replicator.interruptions.reached(1, within: .patience))
                #expect(replicator.status.position < store.log.headPosition)
                try shop.admit("copier", true)
                #expect(await replicator.position.reached(store.log.head.value, within: .patience))
                #expect(replicator.status.trouble == nil)
            }
            #expect(try shop.doubts(store) == [])
        }
    }

    /// What an administrator may get wrong.
    enum Hindrance: CaseIterable {
        case missingTable, readOnlyUser, wrongPassword

        var said: String {
            switch self {
            case .missingTable: "\"streams\" does not exist"
            case .readOnlyUser: "permission denied"
            case .wrongPassword: "password authentication failed"
            }
        }

        func script(isThere: Bool, role: String) -> String {
            switch self {
            case .missingTable:
                isThere ? "ALTER TABLE streams RENAME TO hidden" : "ALTER TABLE hidden RENAME TO streams"
            case .readOnlyUser:
                "\(isThere ? "REVOKE" : "GRANT") INSERT ON events, streams \(isThere ? "FROM" : "TO") \(role)"
            case .wrongPassword: "ALTER ROLE \(role) PASSWORD '\(isThere ? "y" : "x")'"
            }
        }
    }

    @Test(
        "What hinders the copy is said, and commands go on; when it is mended the rest follows",
        arguments: Hindrance.allCases, 1...4)
    func hindered(by hindrance: Hindrance, round: UInt64) async throws {
        let shop = try CopiedShop()
        let user = try shop.user("copier")
        try await shop.data.write { store, writer in
            try await writer.sell(sku("A"), stock: 5)
            try await shop.copying(store, url: user) { replicator in
                #expect(await replicator.position.reached(store.log.head.value, within: .patience))
                try shop.connect().execute(script: hindrance.script(isThere: true, role: shop.role("copier")))
                for backend in try shop.backends(of: "copier") { kill(backend, SIGTERM) }
                try await shop.sell(40, seed: round, writer)
                try await writer.accept(AddToCart(cart: cart("c"), sku: sku("A"), quantity: 1))
                try await until { replicator.status.trouble?.contains(hindrance.said) == true }
                #expect(replicator.status.position < store.log.headPosition)
                try shop.connect().execute(script: hindrance.script(isThere: false, role: shop.role("copier")))
                #expect(await replicator.position.reached(store.log.head.value, within: .patience))
            }
            #expect(try shop.doubts(store) == [])
        }
    }

    @Test(
        "A Postgres that stands still in the middle is given up, and what it had in hand is found out when it goes on")
    func stopped() async throws {
        let shop = try CopiedShop()
        let user = try shop.user("copier")
        try await shop.data.write { store, writer in
            try await writer.sell(sku("A"), stock: 5)
            try await shop.copying(store, url: user, silenceMax: .milliseconds(500)) { replicator in
                #expect(await replicator.position.reached(store.log.head.value, within: .patience))
                let backend = try #require(try shop.backends(of: "copier").first)
                #expect(kill(backend, SIGSTOP) == 0)
                try await shop.sell(50, seed: 7, writer)
                #expect(await replicator.interruptions.reached(1, within: .patience))
                #expect(kill(backend, SIGCONT) == 0)
                #expect(await replicator.position.reached(store.log.head.value, within: .patience))
            }
            #expect(try shop.doubts(store) == [])
        }
    }

    @Test("A connection that is cut again and again while it copies leaves no gap and nothing twice")
    func cut() async throws {
        let shop = try CopiedShop()
        let user = try shop.user("copier")
        try await shop.data.write { store, writer in
            var sales = RandomShop(seed: SplitMix64(seed: 11))
            try await shop.sell(400, &sales, writer)
            try await shop.copying(store, url: user) { replicator in
                for _ in 1...20 {
                    for backend in try shop.backends(of: "copier") { kill(backend, SIGTERM) }
                    try await shop.sell(20, &sales, writer)
                }
                #expect(await replicator.position.reached(store.log.head.value, within: .patience))
            }
            #expect(try shop.doubts(store) == [])
        }
    }
}
