import ArgumentParser
import EventStore
import Foundation

struct BenchRequest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request",
        abstract: "One command a request over HTTP, closed loop, each durable.",
        discussion: """
            Starts daybook serve (role command) on a new directory and drives it from one thread. --endpoint echo drives the
            same server with a route that reads the same JSON and sends it back: what HTTP alone costs.
            Checked at the end: the log has every acknowledged command, and a hot item was not oversold.
            """)

    enum Endpoint: String, ExpressibleByArgument { case command, echo }

    @Option(help: "Connections, each with one request at a time.") var connections = 64
    @Option(help: "How long, after a second that does not count.") var seconds = 5.0
    @Option(help: "command or echo.") var endpoint = Endpoint.command
    @Flag(help: "Reserve one item instead of putting goods into carts.") var hot = false
    @Flag(help: "Reserve random items instead of putting goods into carts.") var reserve = false
    @Option(help: "How many items.") var items = 10_000
    @Option(help: "Seed of the commands.") var seed: UInt64 = 20_261_122
    @OptionGroup var directory: BenchDirectory

    private static let warmUpSeconds = 1.0
    private static let stockEach: Int64 = 100_000_000

    private struct Report: Encodable {
        let what = "request"
        let endpoint: String
        let command: String
        let connections: Int
        let seconds: Double
        let accepted: Int
        let others: [Int: Int]
        let perSecond: Double
        let milliseconds: LatencyReport?
        let reconnects: Int
    }

    func run() async throws {
        try BenchReport.write(
            try await directory.use { directory in
                endpoint == .echo ? try echo() : try await commands(in: directory)
            })
    }

    private var command: RequestTemplate.Command { hot || reserve ? .reserveStock : .addToCart }
    private var itemsUsed: Int { hot ? 1 : items }

    private func echo() throws -> Report {
        let server = try ServerProcess(["bench", "echo-server"])
        var loop = try loop(port: server.port)
        _ = try loop.run(seconds: Self.warmUpSeconds)
        let result = try loop.run(seconds: seconds)
        try server.stop()
        return report(result, loop.client)
    }

    private func commands(in directory: String) async throws -> Report {
        let before = try await BenchShop(items: itemsUsed).make(in: directory, stockEach: Self.stockEach)
        let server = try ServerProcess.serving(directory, roles: "command")
        var loop = try loop(port: server.port)
        let warmUp = try loop.run(seconds: Self.warmUpSeconds)
        let result = try loop.run(seconds: seconds)
        try server.stop()
        let accepted = warmUp.accepted + result.accepted
        let unknown = warmUp.others[0, default: 0] + result.others[0, default: 0]
        try Acknowledged.check(directory, after: before, accepted: accepted, unknown: unknown)
        if hot, unknown == 0 {
            try Acknowledged.checkHotItem(directory, accepted: accepted, stock: Self.stockEach)
        }
        return report(result, loop.client)
    }

    private func loop(port: Int) throws -> ClosedLoop {
        ClosedLoop(
            client: try EpollClient(port: port, connections: connections), connections: connections,
            template: RequestTemplate(command, port: port, items: itemsUsed, seed: seed))
    }

    private func report(_ result: ClosedLoop.Result, _ client: EpollClient) -> Report {
        Report(
            endpoint: endpoint.rawValue, command: command.name, connections: connections,
            seconds: BenchReport.rounded(result.seconds), accepted: result.accepted, others: result.others,
            perSecond: BenchReport.rounded(Double(result.accepted) / result.seconds, to: 1),
            milliseconds: result.latencies.report, reconnects: client.reconnects)
    }
}
