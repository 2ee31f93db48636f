import ArgumentParser
import Foundation

struct BenchInterference: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interference",
        abstract: "The p99 of commands while read models are fed, the index is written and the log is scanned.",
        discussion: """
            Twice the same load, add-to-cart from 64 connections, closed loop, on logs of the same length: first with the
            role command alone; then with all roles, and daybook replay reading the whole log again and again. With --beside
            rebuild: all roles in both halves, and in the second daybook rebuild of all read models again and again.
            """)

    enum Disturbance: String, CaseIterable, ExpressibleByArgument {
        case replay, rebuild
    }

    @Option(help: "What runs beside: replay or rebuild.") var beside = Disturbance.replay
    @Option(help: "Connections.") var connections = 64
    @Option(help: "Seconds of each half.") var seconds = 20.0
    @Option(help: "How many events the log has before.") var events = 1_000_000
    @Option(help: "How many items.") var items = 10_000
    @Option(help: "Seed of the commands.") var seed: UInt64 = 20_261_122
    @OptionGroup var directory: BenchDirectory

    private struct Half: Encodable {
        let perSecond: Double
        let milliseconds: LatencyReport?
        /// How many of what ran beside came to their end.
        let scans: Int
    }

    private struct Report: Encodable {
        let what = "interference"
        let beside: String
        let connections: Int
        let alone: Half
        let disturbed: Half
        let p99Ratio: Double
    }

    func run() async throws {
        try BenchReport.write(
            try await directory.use { directory in
                let all = "command,query,project"
                let alone = try await half(
                    in: directory + "/alone", roles: beside == .replay ? "command" : all, isDisturbed: false)
                let disturbed = try await half(in: directory + "/all", roles: all, isDisturbed: true)
                return Report(
                    beside: beside.rawValue, connections: connections, alone: alone, disturbed: disturbed,
                    p99Ratio: BenchReport.rounded(
                        (disturbed.milliseconds?.p99 ?? 0) / max(0.001, alone.milliseconds?.p99 ?? 0)))
            })
    }

    private func half(in directory: String, roles: String, isDisturbed: Bool) async throws -> Half {
        let shop = try await ShopUnderLoad(in: directory, roles: roles, items: items, seed: seed, events: events)
        if beside == .rebuild { try RepeatedRun.once(of: "rebuild", on: directory) }
        _ = try shop.closed(connections: connections, seconds: 1)
        let other = isDisturbed ? try RepeatedRun(of: beside.rawValue, on: directory) : nil
        let result = try shop.closed(connections: connections, seconds: seconds) {
            try other?.goOn()
            return true
        }
        let count = other?.stop() ?? 0
        try shop.finish()
        return Half(
            perSecond: BenchReport.rounded(result.perSecond, to: 1), milliseconds: result.latencies.report, scans: count
        )
    }
}
