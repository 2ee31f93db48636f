import ArgumentParser
import Foundation

struct BenchOverload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "overload",
        abstract: "A storm of many times the sustainable rate: what is accepted, refused, and how it ends.",
        discussion: """
            Open loops on one server: a fifth of what it does at most; the storm; a second that does not count; the fifth
            again. Then a storm once more, and right behind it the 64 connections of a closed loop that told what the server
            does at most: they ask again at once when they are refused, and must be carried as before from the second
            second on. The client is one thread on the same cores: it can't offer ten times as many add-to-cart as the
            server takes, nor be answered sooner than it has read the answers to its other connections. A stocktaking
            (--lines) costs the server more and the client hardly: of these it can offer ten times too many.
            """)

    @Option(help: "The storm, in multiples of what the server does at most.") var times = 10.0
    @Option(help: "How long the storm lasts.") var seconds = 10.0
    @Option(help: "Connections of the storm.") var connections = 128
    @Option(help: "Lines of a stocktaking; 0 for add-to-cart.") var lines = 0
    @Option(help: "How many items.") var items = 10_000
    @Option(help: "Seed of the commands.") var seed: UInt64 = 20_261_122
    @OptionGroup var directory: BenchDirectory

    private static let calmShare = 0.2
    private static let calmConnections = 64

    private struct Report: Encodable {
        let what = "overload"
        let command: String
        let connections: Int
        let saturationPerSecond: Double
        let before: LoadReport
        let storm: LoadReport
        let after: LoadReport
        /// The closed loop again, from the second second behind a storm on.
        let carriedAfter: Carried
        /// The accepted commands' p99 in the storm, and a second behind it, over the p99 before.
        let p99Ratio: Double?
        let p99RatioAfter: Double?
        /// As p99Ratio, without the waiting for a free connection.
        let p99RatioFromSent: Double?
        let memoryGrownBytes: Int
    }

    private struct Carried: Encodable {
        let acceptedPerSecond: Double
        let refused: Int
        /// Over what the server did at most before any storm.
        let share: Double
    }

    private var command: RequestTemplate.Command { lines > 0 ? .recordAdjustment(lines: lines) : .addToCart }

    func run() async throws {
        try BenchReport.write(try await directory.use { try await measure(in: $0) })
    }

    private func measure(in directory: String) async throws -> Report {
        let shop = try await ShopUnderLoad(in: directory, command: command, items: items, seed: seed)
        let saturation = try shop.saturation(seconds: 3)
        func calm(seconds: Double) throws -> LoadReport {
            try shop.open(
                connections: Self.calmConnections, perSecond: saturation * Self.calmShare, seconds: seconds)
        }
        let before = try calm(seconds: 5)
        Terminal.note("\(Int(saturation)) commands/s at most; the storm begins.")
        let storm = try shop.open(connections: connections, perSecond: saturation * times, seconds: seconds)
        _ = try calm(seconds: 1)
        let after = try calm(seconds: 5)
        _ = try shop.open(connections: connections, perSecond: saturation * times, seconds: 2)
        let carried = try carried(by: shop, before: saturation)
        try shop.finish()
        return Report(
            command: command.name, connections: connections,
            saturationPerSecond: BenchReport.rounded(saturation, to: 1), before: before, storm: storm, after: after,
            carriedAfter: carried,
            p99Ratio: Self.ratio(storm.accepted, before.accepted),
            p99RatioAfter: Self.ratio(after.accepted, before.accepted),
            p99RatioFromSent: Self.ratio(storm.acceptedFromSent, before.acceptedFromSent),
            memoryGrownBytes: (after.server?.anonymousBytesLast ?? 0) - (before.server?.anonymousBytesLast ?? 0))
    }

    private func carried(by shop: ShopUnderLoad, before saturation: Double) throws -> Carried {
        _ = try shop.closed(connections: ShopUnderLoad.saturating, seconds: 1)
        let result = try shop.closed(connections: ShopUnderLoad.saturating, seconds: 3)
        return Carried(
            acceptedPerSecond: BenchReport.rounded(result.perSecond, to: 1), refused: result.others[503, default: 0],
            share: BenchReport.rounded(result.perSecond / saturation))
    }

    private static func ratio(_ some: LatencyReport?, _ other: LatencyReport?) -> Double? {
        guard let some, let other, other.p99 > 0 else { return nil }
        return BenchReport.rounded(some.p99 / other.p99)
    }
}
