import ArgumentParser
import Foundation

struct BenchCurve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "curve",
        abstract: "Latency against offered rate, up to twice what the server does at most, as a drawing.")

    @Option(help: "Seconds of each point.") var seconds = 10.0
    @Option(help: "Connections.") var connections = 64
    @Option(help: "How many items.") var items = 10_000
    @Option(help: "The drawing.") var svg = "docs/latency.svg"
    @Option(help: "Seed of the commands.") var seed: UInt64 = 20_261_122
    @OptionGroup var directory: BenchDirectory

    /// Of the most that the server does.
    private static let shares = [
        0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1, 1.1, 1.25, 1.5, 1.75, 2,
    ]

    private struct Report: Encodable {
        let what = "curve"
        let saturationPerSecond: Double
        let connections: Int
        let points: [LoadReport]
    }

    func run() async throws {
        let report = try await directory.use { try await measure(in: $0) }
        let curve = LatencyCurve(
            points: report.points.compactMap { point in
                point.accepted.map {
                    LatencyCurve.Point(
                        perSecond: point.offeredPerSecond, milliseconds: [$0.p50, $0.p99, $0.p999, $0.p9999])
                }
            }, saturation: report.saturationPerSecond, connections: connections)
        do {
            try curve.svg.write(toFile: svg, atomically: true, encoding: .utf8)
        } catch {
            throw Failure(.environment, "\(svg) can't be written: \(error.localizedDescription)")
        }
        try BenchReport.write(report)
    }

    private func measure(in directory: String) async throws -> Report {
        let shop = try await ShopUnderLoad(in: directory, items: items, seed: seed)
        let saturation = try shop.saturation(seconds: 5)
        var points: [LoadReport] = []
        for share in Self.shares {
            let point = try shop.open(connections: connections, perSecond: saturation * share, seconds: seconds)
            Terminal.note(
                "\(Int(point.offeredPerSecond))/s offered: p50 \(point.accepted?.p50 ?? 0) ms, p99 \(point.accepted?.p99 ?? 0) ms"
            )
            points.append(point)
        }
        try shop.finish()
        return Report(
            saturationPerSecond: BenchReport.rounded(saturation, to: 1), connections: connections, points: points)
    }
}
