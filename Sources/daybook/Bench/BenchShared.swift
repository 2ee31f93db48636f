import ArgumentParser
import EventStore
import Foundation
import Postgres

struct BenchShared: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shared",
        abstract: "Nodes that share a log in Postgres reserve one item; beside it the same by a row lock.",
        discussion: """
            Starts so many daybook serve (role command) on one new log in that Postgres, and drives them over HTTP: one command a
            request, or with --stream a streamed request on each connection. The peer, in the same Postgres and over as
            many connections: one UPDATE that takes a piece while there is one and one INSERT of the movement, in a
            transaction. Checked at the end: each acknowledged reservation is in the log once. Makes a schema, and drops it.
            """)

    @OptionGroup var postgres: PostgresOption
    @Option(help: "Nodes.") var nodes = 3
    @Option(help: "Connections, over all nodes.") var connections = 64
    @Option(help: "How long, after a second that does not count.") var seconds = 5.0
    @Option(help: "Stream ndjson or protobuf over each connection.") var stream: StreamFormatName?
    @Option(help: "How many commands a stream has.") var streamCommands = 10_000
    @Option(help: "Seed of the commands.") var seed: UInt64 = 20_261_122
    @OptionGroup var directory: BenchDirectory

    private static let warmUpSeconds = 1.0
    private static let stock: Int64 = 100_000_000

    private struct Report: Encodable {
        let what = "shared"
        /// nil: one command a request.
        let stream: String?
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
                stream: stream?.rawValue, nodes: nodes, connections: connections, accepted: result.accepted,
                others: result.others.values.reduce(0, +), perSecond: BenchReport.rounded(perSecond, to: 1),
                rowLockPerSecond: BenchReport.rounded(rowLock, to: 1), ratio: BenchReport.rounded(perSecond / rowLock)))
    }

    private func commands(in directory: String, _ log: String) async throws -> ClosedLoop.Result {
        try await BenchShop(items: 1).make(in: directory + "/1", stockEach: Self.stock, postgresURL: log)
        let servers = try (1...nodes).map {
            try ServerProcess.serving("\(directory)/\($0)", roles: "command", log: log)
        }
        let ports = servers.map(\.port)
        let result = if let stream { try await streams(stream, to: ports) } else { try await requests(to: ports) }
        for server in servers { try server.stop() }
        return result
    }

    private func requests(to ports: [Int]) async throws -> ClosedLoop.Result {
        try await withThrowingTaskGroup(of: ClosedLoop.Result.self) { group in
            for (number, port) in ports.enumerated() {
                group.addTask { try await OwnThread.run { try drive(port, number) } }
            }
            return try await group.reduce(into: ClosedLoop.Result()) { all, one in
                all.accepted += one.accepted
                all.others.merge(one.others) { $0 + $1 }
                all.seconds = max(all.seconds, one.seconds)
            }
        }
    }

    /// All commands are made before the first is sent. Counted from then to the end of the last answer.
    private func streams(_ format: StreamFormatName, to ports: [Int]) async throws -> ClosedLoop.Result {
        let requests = (0..<connections).map { number in
            StreamRequests(
                format, commands: streamCommands, items: 1, port: ports[number % nodes], chunkBytes: 16 << 10,
                seed: seed + UInt64(number))
        }
        let start = Nanoseconds.now
        try await withThrowingTaskGroup { group in
            for (number, request) in requests.enumerated() {
                group.addTask { try await OwnThread.run { try stream(request, format, to: ports[number % nodes]) } }
            }
            try await group.waitForAll()
        }
        var all = ClosedLoop.Result()
        all.accepted = connections * streamCommands
        all.seconds = Double(Nanoseconds.now - start) / 1e9
        return all
    }

    private func stream(_ requests: StreamRequests, _ format: StreamFormatName, to port: Int) throws {
        let connection = try StreamConnection(port: port)
        var counter = AnswerCounter(format)
        connection.send(requests)
        try connection.read(&counter)
        guard counter.accepted == streamCommands else {
            throw Failure(
                .check,
                "\(counter.accepted) of \(streamCommands) commands were accepted. \(counter.firstRefusal ?? "")")
        }
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
