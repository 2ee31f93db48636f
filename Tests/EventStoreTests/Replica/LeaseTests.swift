import EventStore
import Ledger
import Postgres
import TestServers
import TestTools
import Testing

@testable import EventStore

@Suite("Who leads, by the lease of the copy", .needsPostgres, .temporaryPostgres, .timeLimit(.minutes(5)))
struct LeaseTests {
    @Test(
        "While another leads nothing is accepted, in either mode; when it leads no more, this one goes on",
        arguments: Replicator.Mode.allCases)
    func led(mode: Replicator.Mode) async throws {
        let shop = try CopiedShop()
        try await shop.data.open { store in
            let other = try shop.takeOver()
            try await shop.copying(store, mode) { replicator in
                let writer = store.startWriter(replicator: replicator, logger: .silent)
                #expect(await replicator.interruptions.reached(1, within: .patience))
                #expect(try await writer.outcome(of: ReserveStock(sku: sku("A"), quantity: 1)).fault == .led)
                #expect(replicator.status.trouble?.contains("the other one") == true)
                try Replica(url: shop.url).release(other)
                #expect(await replicator.connections.reached(1, within: .patience))
                try await replicator.untilWell()
                try await writer.sell(sku("A"), stock: 5)
                await writer.stop()
            }
        }
    }

    @Test("One that others stand by for ends where another leads, before it accepts anything")
    func ledWithStandby() async throws {
        let shop = try CopiedShop()
        try await shop.data.open { store in
            _ = try shop.takeOver()
            try await shop.copying(store, hasStandby: true) { replicator in
                let led = await #expect(throws: EventStoreError.self) { try await replicator.untilLeading() }
                #expect(led?.code == .led)
            }
        }
    }

    @Test(
        "Without the copy, one that others stand by for accepts nothing when its lease is over; one alone goes on",
        arguments: [true, false])
    func leaseOver(hasStandby: Bool) async throws {
        let shop = try CopiedShop()
        let user = try shop.user("leader")
        try await shop.data.open { store in
            try await shop.copying(store, url: user, lease: .seconds(1), hasStandby: hasStandby) { replicator in
                try await replicator.untilLeading()
                let writer = store.startWriter(replicator: replicator, logger: .silent)
                try await writer.sell(sku("A"), stock: 5)
                try shop.admit("leader", false)
                let row = "SELECT lease_until < clock_timestamp() AS over FROM log_head"
                try await until { try shop.connect().query(row).first?["over"] == "t" }
                let outcome = try await writer.outcome(of: ReserveStock(sku: sku("A"), quantity: 1))
                #expect(outcome.fault == (hasStandby ? .replicaAway : nil), "\(outcome)")
                await writer.stop()
            }
        }
    }

    @Test("A leader that was killed goes on at once, and one that stopped keeps nobody waiting")
    func again() async throws {
        let shop = try CopiedShop()
        try await shop.data.open { store in
            let replica = try Replica(url: shop.url)
            let home = try Home(of: store.directory).name()
            let killed = try replica.claim(for: store.log, leader: "killed", home: home, lease: .seconds(3_600))
            #expect(try replica.leadership().isHeld)
            try await shop.copying(store) { replicator in
                #expect(await replicator.connections.reached(1, within: .patience))
            }
            let after = try replica.leadership()
            #expect(after.epoch == killed.epoch + 1)
            #expect(!after.isHeld)
        }
    }

    @Test("A copy that does not know of this program's claim, as a standby of Postgres may not, is claimed again")
    func forgotten() async throws {
        let shop = try CopiedShop()
        let user = try shop.user("leader")
        try await shop.data.write { store, writer in
            try await shop.copying(store, url: user) { replicator in
                try await replicator.untilLeading()
                try shop.admit("leader", false)
                try shop.connect().execute(
                    script: "UPDATE log_head SET epoch = 0, leader = 'one before', lease_until = '-infinity'")
                try shop.admit("leader", true)
                try await writer.sell(sku("A"), stock: 5)
                #expect(await replicator.position.reached(2, within: .patience), "\(replicator.status)")
            }
        }
    }

    @Test("A directory is never taken for one that fell behind when Postgres has another shop's log")
    func another() async throws {
        let (mine, other) = (try CopiedShop(), try CopiedShop())
        try await other.data.write { store, writer in
            try await writer.sell(sku("A"), stock: 5)
            _ = try await other.copyAll(store)
        }
        try await mine.data.write { _, writer in try await writer.sell(sku("A"), stock: 5) }
        let standby = Standby(directory: mine.data.path, url: other.url, logger: .silent)
        try await fault(.diverged) { try standby.part() }
        try await mine.data.open { store in #expect(store.log.headPosition == Position(rawValue: 2)) }
    }

    @Test("A lease is renewed while events are copied and while there are none")
    func renewed() async throws {
        let shop = try CopiedShop()
        try await shop.data.write { store, writer in
            try await shop.copying(store, lease: .seconds(1)) { replicator in
                try await replicator.untilLeading()
                let connection = try shop.connect()
                let end = ContinuousClock.now + .seconds(3)
                while ContinuousClock.now < end {
                    try await shop.sell(1, seed: 3, writer)
                    #expect(
                        try connection.query("SELECT lease_until > clock_timestamp() AS held FROM log_head").first?[
                            "held"] == "t")
                }
            }
        }
    }
}
