import EventStore
import Postgres
import TestServers
import TestTools
import Testing

@testable import EventStore

@Suite("The steps of the Postgres schema", .needsPostgres, .temporaryPostgres, .timeLimit(.minutes(5)))
struct MigratorTests {
    private func step(_ number: Int, _ sql: String) -> Migration { Migration(number: number, name: "step", sql: sql) }

    @Test("Each is applied once and put on record, by whoever comes first")
    func once() async throws {
        let shop = try CopiedShop()
        let done = try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 1...4 { group.addTask { try Migrator(shop.connect()).apply().map(\.number) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(done.sorted() == Migration.all.map(\.number))
        let migrator = Migrator(try shop.connect())
        #expect(try migrator.applied().map(\.checksum) == Migration.all.map(\.checksum))
        #expect(try migrator.plan().isEmpty)
    }

    @Test("A server without advisory locks is brought up as well")
    func withoutLocks() throws {
        let shop = try CopiedShop()
        // Ours is found before the server's own.
        let connection = try Connection(url: shop.url + "%2Cpg_catalog")
        try connection.execute(
            script: """
                CREATE FUNCTION pg_advisory_xact_lock(bigint) RETURNS void LANGUAGE plpgsql AS
                $$ BEGIN RAISE feature_not_supported; END $$
                """)
        #expect(try Migrator(connection).apply().count == Migration.all.count)
        #expect(try Migrator(connection).plan().isEmpty)
    }

    @Test("A plan changes nothing")
    func plan() throws {
        let shop = try CopiedShop()
        #expect(try Migrator(shop.connect()).plan().count == Migration.all.count)
        #expect(try Migrator(shop.connect()).applied().isEmpty)
    }

    @Test("A step that fails leaves nothing of itself, and those before it stand")
    func failing() throws {
        let shop = try CopiedShop()
        let steps = [step(1, "CREATE TABLE one ()"), step(2, "CREATE TABLE two (); SELECT 1 / 0")]
        #expect(throws: PostgresError.self) { try Migrator(shop.connect(), known: steps).apply() }
        #expect(try Migrator(shop.connect()).applied().map(\.number) == [1])
        let tables = try shop.connect().query("SELECT to_regclass('one')::text AS one, to_regclass('two')::text AS two")
        #expect(tables.first?["one"] == "one")
        #expect(tables.first?["two"] == nil)
        let mended = [steps[0], step(2, "CREATE TABLE two ()")]
        #expect(try Migrator(shop.connect(), known: mended).apply().map(\.number) == [2])
    }

    @Test("A step that was applied with other contents is refused; a database that is ahead is not")
    func altered() async throws {
        let shop = try CopiedShop()
        try Migrator(shop.connect(), known: [step(1, "CREATE TABLE one ()"), step(2, "CREATE TABLE two ()")]).apply()
        try await fault(.schema) { try Migrator(shop.connect(), known: [step(1, "CREATE TABLE other ()")]).apply() }
        #expect(try Migrator(shop.connect(), known: [step(1, "CREATE TABLE one ()")]).apply().isEmpty)
    }
}
