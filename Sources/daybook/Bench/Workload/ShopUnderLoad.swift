import EventStore
import Foundation

/// A shop of its own in a directory, served by this program, that gets commands of one kind; counts what it acknowledged.
final class ShopUnderLoad {
    let server: ServerProcess
    private let directory: String
    private let command: RequestTemplate.Command
    private let items: Int
    private let before: Position
    private let seed: UInt64
    private var acknowledged = 0
    private var unknown = 0
    private var loops: UInt64 = 0

    /// - Parameter events: how many the log has before anything is measured.
    init(
        in directory: String, roles: String = "command", command: RequestTemplate.Command = .addToCart, items: Int,
        seed: UInt64, events: Int = 0
    ) async throws {
        // What is found at a stocktaking must fit on top of it.
        let stock: Int64 = command == .addToCart ? 100_000_000 : 1_000
        before = try await BenchShop(items: items).make(in: directory, stockEach: stock, events: events)
        server = try ServerProcess.serving(directory, roles: roles)
        self.directory = directory
        self.command = command
        self.items = items
        self.seed = seed
    }

    /// From so many connections, closed loop. `whileRunning` may end it.
    func closed(connections: Int, seconds: Double, whileRunning: () throws -> Bool = { true }) throws
        -> ClosedLoop.Result
    {
        var loop = ClosedLoop(
            client: try EpollClient(port: server.port, connections: connections), connections: connections,
            template: template())
        let result = try loop.run(seconds: seconds, whileRunning: whileRunning)
        acknowledged += result.accepted
        unknown += result.others[0, default: 0]
        return result
    }

    /// At a fixed rate, open loop.
    func open(connections: Int, perSecond: Double, seconds: Double) throws -> LoadReport {
        var memory = MemorySamples(of: server.id)
        var loop = OpenLoop(
            client: try EpollClient(port: server.port, connections: connections), connections: connections,
            template: template())
        let result = try loop.run(perSecond: perSecond, seconds: seconds) { try memory.take(at: $0) }
        acknowledged += result.accepted.count
        unknown += result.others[0, default: 0]
        return LoadReport(result, offered: perSecond, server: memory)
    }

    /// So many connections in a closed loop get out of it what it does at most.
    static let saturating = 64

    func saturation(seconds: Double) throws -> Double {
        _ = try closed(connections: Self.saturating, seconds: 1)
        return try closed(connections: Self.saturating, seconds: seconds).perSecond
    }

    /// Stops the server, and checks that the log has what was acknowledged.
    func finish() throws {
        try server.stop()
        try Acknowledged.check(
            directory, after: before, accepted: acknowledged, unknown: unknown, eventsEach: command.events)
    }

    /// Each run has keys and carts of its own.
    private func template() -> RequestTemplate {
        loops += 1
        return RequestTemplate(
            command, port: server.port, items: items, seed: seed &+ loops, firstCart: Int(loops) * 10_000_000)
    }
}
