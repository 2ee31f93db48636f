import ArgumentParser
import EventStore
import Foundation

struct BenchOpen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open",
        abstract: "After kill -9: how long until the first command is answered.",
        discussion: """
            Makes a log of --events, then as often as asked: daybook serve under load, kill -9, daybook serve again; measured
            from its start until a command of the first client is answered. Checked at the end: the log has every
            acknowledged command.
            """)

    @Option(help: "How many events the log has.") var events = 10_000_000
    @Option(help: "How often.") var times = 5
    @Option(help: "Seconds of load before each kill.") var loadSeconds = 2.0
    @Option(help: "Which roles the server has.") var roles = "command"
    @Option(help: "How many items.") var items = 10_000
    @Option(help: "Seed of the commands.") var seed: UInt64 = 20_261_122
    @OptionGroup var directory: BenchDirectory

    private struct Report: Encodable {
        let what = "open"
        let events: Int
        /// From starting the process to the first answer, each time.
        let seconds: [Double]
        /// Acknowledged between the last orderly end and each kill.
        let acknowledged: [Int]
    }

    func run() async throws {
        try BenchReport.write(try await directory.use { try await measure(in: $0) })
    }

    private func measure(in directory: String) async throws -> Report {
        let head = try await BenchShop(items: items).make(in: directory, events: events)
        var seconds: [Double] = []
        var acknowledged: [Int] = []
        var server = try ServerProcess.serving(directory, roles: roles)
        var (accepted, unknown) = (0, 0)
        for round in 0..<times {
            var load = try loop(server, connections: 64, round: round)
            var answered = try load.run(seconds: loadSeconds) { true }
            (accepted, unknown) = (accepted + answered.accepted, unknown + answered.others[0, default: 0])
            acknowledged.append(accepted)
            server.kill()
            let start = Nanoseconds.now
            server = try ServerProcess.serving(directory, roles: roles)
            var first = try loop(server, connections: 1, round: 1_000 + round)
            answered = try first.run(seconds: 0)
            seconds.append(BenchReport.rounded(Double(Nanoseconds.now - start) / 1e9))
            (accepted, unknown) = (accepted + answered.accepted, unknown + answered.others[0, default: 0])
            Terminal.note("answered after \(seconds[round]) s")
        }
        try server.stop()
        try Acknowledged.check(directory, after: head, accepted: accepted, unknown: unknown)
        return Report(events: Int(head.rawValue), seconds: seconds, acknowledged: acknowledged)
    }

    private func loop(_ server: ServerProcess, connections: Int, round: Int) throws -> ClosedLoop {
        ClosedLoop(
            client: try EpollClient(port: server.port, connections: connections), connections: connections,
            template: RequestTemplate(
                .addToCart, port: server.port, items: items, seed: seed &+ UInt64(round), firstCart: round * 10_000_000)
        )
    }
}
