import EventStore
import Foundation
import Ledger
import Logging
import Postgres
import TestServers
import TestTools
import Testing

@testable import EventStore

/// A shop with a log, and a schema of its own in the suite's Postgres.
final class CopiedShop: Sendable {
    let data: TemporaryData
    let url: String
    private let server: TemporaryPostgres
    private let schema: String

    init() throws {
        data = try TemporaryData()
        server = try #require(TemporaryPostgres.current)
        schema = "shop_" + UUID().uuidString.lowercased().replacing("-", with: "")
        url = server.url() + "&options=-csearch_path%3D" + schema
        try administer("CREATE SCHEMA \(schema)")
    }

    /// A user who may do what a server does, and can be locked out.
    func user(_ name: String) throws -> String {
        let role = role(name)
        try administer(
            """
            CREATE ROLE \(role) LOGIN PASSWORD 'x'; GRANT USAGE, CREATE ON SCHEMA \(schema) TO \(role)
            """)
        return server.url(user: role, password: "x") + "&options=-csearch_path%3D" + schema
    }

    func role(_ name: String) -> String { "\(name)_\(schema)" }

    /// Lets the user in or not, and ends the sessions of one who is not.
    func admit(_ name: String, _ isAdmitted: Bool) throws {
        let role = role(name)
        try administer("ALTER ROLE \(role) \(isAdmitted ? "LOGIN" : "NOLOGIN")")
        guard !isAdmitted else { return }
        _ = try connect().query(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = $1", [.text(role)])
    }

    /// The processes of Postgres that work for the user.
    func backends(of name: String) throws -> [pid_t] {
        try connect().query("SELECT pid FROM pg_stat_activity WHERE usename = $1", [.text(role(name))])
            .compactMap { pid_t(try $0.integer("pid") ?? 0) }
    }

    private func administer(_ script: String) throws { try Connection(url: server.url()).execute(script: script) }

    func connect() throws -> Connection { try Connection(url: url) }

    /// Changes what may not be changed, as somebody could who owns the server.
    func tamper(_ script: String) throws {
        try connect().execute(script: "SET session_replication_role = replica; " + script)
    }

    /// Sells at random, the same for the same seed.
    func sell(_ count: Int, seed: UInt64, _ writer: Writer) async throws {
        var shop = RandomShop(seed: SplitMix64(seed: seed))
        try await sell(count, &shop, writer)
    }

    func sell(_ count: Int, _ shop: inout RandomShop, _ writer: Writer) async throws {
        for _ in 0..<count { _ = await writer.submit(try shop.submission()) }
    }

    /// Copies what the log has, and returns where the copy stands.
    func copyAll(_ store: Store) async throws -> Position {
        try await copying(store) { replicator in
            _ = await replicator.position.reached(store.log.head.value, within: .patience)
            return replicator.status.position
        }
    }

    func copying<R>(
        _ store: Store, _ mode: Replicator.Mode = .async, url: String? = nil, silenceMax: Duration = .seconds(10),
        lease: Duration = .seconds(60), hasStandby: Bool = false, _ body: (Replicator) async throws -> R
    ) async throws -> R {
        var options = Replicator.Options(url: url ?? self.url)
        options.mode = mode
        options.idleCheck = .milliseconds(20)
        options.silenceMax = silenceMax
        options.lease = lease
        options.hasStandby = hasStandby
        let replicator = try Replicator(store, options, logger: .silent)
        replicator.start()
        let result: Result<R, any Error>
        do { result = .success(try await body(replicator)) } catch { result = .failure(error) }
        await replicator.stop()
        return try result.get()
    }

    /// As another machine does when this one has been silent for too long. Returns how it leads.
    func takeOver() throws -> Replica.Head {
        let replica = try Replica(url: url)
        try replica.connection.execute(Replica.leading("the other one", home: "elsewhere", for: .seconds(3_600)))
        return try replica.head()
    }

    /// What the copy is found to be.
    func doubts(_ store: Store) throws -> [String] {
        var doubts: [String] = []
        _ = try ReplicaComparison(store, url: url).run { doubts.append($0.description) }
        return doubts
    }
}

extension Replicator {
    /// Waits until the copy is connected and nothing is wrong with it.
    func untilWell() async throws {
        do {
            try await until { status.trouble == nil }
        } catch {
            Issue.record("\(status.trouble ?? "")")
            throw error
        }
    }
}
