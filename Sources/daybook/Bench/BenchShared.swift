import ArgumentParser
import EventStore
import Foundation
import Postgres
import Synchronization

struct BenchShared: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shared",
        abstract: "Nodes that share a log in Postgres reserve one item; beside it the same by a row lock.",
        discussion: """
            Starts so many daybook serve (role command) on one new log in that Postgres, and drives them over HTTP. The peer, in
            the same Postgres and over as many connections: one UPDATE that takes a piece while there is one and one INSERT
            of the movement, in a transaction. Checked at the end: each acknowledged reservation is in the log once.
            Makes two schemas, and drops them.
            """)

    @OptionGroup var postgres: PostgresOption
    @Option(help: "Nodes.") var nodes = 3
    @Option(help: "Connections, over all nodes.") var connections = 64
    @Option(help: "How long, after a second that does not count.") var seconds = 5.0
    @Option(help: "Seed of the commands.") var seed: UInt64 = 20_261_122
    @OptionGroup var directory: BenchDirectory

    private static let warmUpSeconds = 1.0
    private static let stock: Int64 = 100_000_000

    private struct Report: Encodable {
        let what = "shared"
        let nodes: Int
        let connections: Int
        let accepted: Int
        let others: Int
        let perSecond: Double
        let rowLockPerSecond: Double
        let ratio: Double
    }

    func validate() throws {
        guard nodes > 0, connections >= nodes else { throw ValidationError("Each node needs a connection.") }
    }

    func run() async throws {
        let url = try await PostgresOption.url(postgres.given)
        let connection = try Connection(url: url)
        let schema = "daybook_bench_\(getpid())"
        try connection.execute(script: "CREATE SCHEMA \(schema)")
        defer { try? connection.execute(script: "DROP SCHEMA \(schema) CASCADE") }
        let log = url + (url.contains("?") ? "&" : "?") + "options=-csearch_path%3D\(schema)"
        let result = try await directory.use { directory in try await commands(in: directory, log) }
        try check(Connection(url: log), result)
        let rowLock = try await RowLockPeer(url: log).perSecond(connections: connections, seconds: seconds)
        let perSecond = Double(result.accepted) / result.seconds
        try BenchReport.write(
            Report(
                nodes: nodes, connections: connections, accepted: result.accepted,
                others: result.others.values.reduce(0, +), perSecond: BenchReport.rounded(perSecond, to: 1),
                rowLockPerSecond: BenchReport.rounded(rowLock, to: 1), ratio: BenchReport.rounded(perSecond / rowLock)))
    }

    private func commands(in directory: String, _ log: String) async throws -> ClosedLoop.Result {
        try await BenchShop(items: 1).make(in: directory + "/1", stockEach: Self.stock, postgresURL: log)
        let servers = try (1...nodes).map {
            try ServerProcess.serving("\(directory)/\($0)", roles: "command", log: log)
        }
        let results = try await withThrowingTaskGroup(of: ClosedLoop.Result.self) { group in
            for (number, server) in servers.enumerated() {
                let port = server.port
                group.addTask { try await OwnThread.run { try drive(port, number) } }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for server in servers { try server.stop() }
        var all = ClosedLoop.Result()
        for result in results {
            all.accepted += result.accepted
            all.others.merge(result.others) { $0 + $1 }
            all.seconds = max(all.seconds, result.seconds)
        }
        return all
    }

    private func drive(_ port: Int, _ number: Int) throws -> ClosedLoop.Result {
        let share = connections / nodes + (number < connections % nodes ? 1 : 0)
        var loop = ClosedLoop(
            client: try EpollClient(port: port, connections: share), connections: share,
            template: RequestTemplate(.reserveStock, port: port, items: 1, seed: seed + UInt64(number)))
        _ = try loop.run(seconds: Self.warmUpSeconds)
        return try loop.run(seconds: seconds)
    }

    private func check(_ connection: Connection, _ result: ClosedLoop.Result) throws {
        let row = try connection.query(
            """
            SELECT count(*) AS events, max(position) AS last, (SELECT position FROM log_head) AS head,
                count(*) FILTER (WHERE type = 'stock.reserved') AS reserved FROM events
            """
        ).first
        let (events, last, head) = (try row?.integer("events"), try row?.integer("last"), try row?.integer("head"))
        guard events == last, last == head, let reserved = try row?.integer("reserved"),
            reserved >= Int64(result.accepted), reserved <= Self.stock
        else {
            throw Failure(
                .check, "\(result.accepted) reservations were acknowledged; the log has \(String(describing: row)).")
        }
    }
}

/// What most shops do: a row with what there is, locked by each who takes a piece, and a row for each movement.
private struct RowLockPeer {
    let url: String

    func perSecond(connections: Int, seconds: Double) async throws -> Double {
        try Connection(url: url).execute(
            script: """
                CREATE TABLE item (id int PRIMARY KEY, available bigint NOT NULL);
                CREATE TABLE movement (id bigserial PRIMARY KEY, item int NOT NULL, quantity int NOT NULL);
                INSERT INTO item VALUES (1, 100000000)
                """)
        let end = ContinuousClock.now + .seconds(seconds)
        let taken = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<connections { group.addTask { try await OwnThread.run { try take(until: end) } } }
            return try await group.reduce(0, +)
        }
        return Double(taken) / seconds
    }

    private func take(until end: ContinuousClock.Instant) throws -> Int {
        let connection = try Connection(url: url)
        var taken = 0
        while ContinuousClock.now < end {
            try connection.transaction {
                try connection.execute("UPDATE item SET available = available - 1 WHERE id = 1 AND available >= 1")
                try connection.execute("INSERT INTO movement (item, quantity) VALUES (1, 1)")
            }
            taken += 1
        }
        return taken
    }
}

/// Blocking work, away from the threads that tasks share.
private enum OwnThread {
    static func run<R: Sendable>(_ work: @escaping @Sendable () throws -> R) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result(catching: work)) }.start()
        }
    }
}
