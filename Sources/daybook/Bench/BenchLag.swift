import ArgumentParser
import EventStore
import Foundation
import Logging
import Projections
import Synchronization

struct BenchLag: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lag",
        abstract: "How long it takes from an event's commit until a read model shows it.",
        discussion: """
            Add-to-cart commands at a fixed rate, handed to the Writer each millisecond, whether it keeps up or not, in one process with
            all projectors. A lag is measured for each event and read model: from when a thread that waits for it sees the log's
            head there to when one sees the read model there.
            """)

    @Option(help: "Commands a second.") var rate = 5_000
    @Option(help: "How long.") var seconds = 10.0
    @Option(help: "How many items.") var items = 10_000
    @Option(help: "Seed of the commands.") var seed: UInt64 = 20_261_122
    @OptionGroup var directory: BenchDirectory

    private struct Report: Encodable {
        let what = "lag"
        let offeredPerSecond: Int
        let perSecond: Double
        /// By read model.
        let milliseconds: [String: LatencyReport]
    }

    func validate() throws {
        guard rate >= 1_000, seconds > 0, items > 0 else { throw ValidationError("--rate is 1,000 or more.") }
    }

    func run() async throws { try BenchReport.write(try await directory.use { try await measure(in: $0) }) }

    private func measure(in directory: String) async throws -> Report {
        let logger = Logger(label: "daybook")
        let store = try Store(directory: directory, access: .readWrite)
        let writer = store.startWriter(logger: logger)
        let shop = BenchShop(items: items)
        try await shop.open(writer)
        let models = try ReadModels(of: store, repairing: logger)
        let projectors = try models.projectors(of: store, logger: logger)
        for projector in projectors { projector.start() }
        for model in models.all { _ = await model.watermark.reached(store.log.head.value, within: .seconds(60)) }
        let before = store.log.headPosition
        let head = MarkHistory(store.log.head)
        let shown = models.all.map { MarkHistory($0.watermark) }
        let workload = Workload(kind: .carts(active: 1_000, commandsEach: 10), shop: shop, seed: seed)
        let took = try await offer(workload, to: writer)
        let last = store.log.headPosition
        for model in models.all { _ = await model.watermark.reached(last.rawValue, within: .seconds(60)) }
        let committed = head.end()
        let lags = shown.map { $0.end().lags(behind: committed, from: before.rawValue + 1) }
        for projector in projectors { await projector.stop() }
        await writer.stop()
        return Report(
            offeredPerSecond: rate,
            perSecond: BenchReport.rounded(Double(last.rawValue - before.rawValue) / took, to: 1),
            milliseconds: Dictionary(
                uniqueKeysWithValues: zip(models.all.map(\.name), lags).compactMap { name, lags in
                    lags.report.map { (name, $0) }
                }))
    }

    /// Returns how many seconds it took until all were answered.
    private func offer(_ workload: Workload, to writer: Writer) async throws -> Double {
        let clock = ContinuousClock()
        let (begin, ticks) = (clock.now, Int(seconds * 1_000))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for tick in 0..<ticks {
                let (first, next) = (rate * tick / 1_000, rate * (tick + 1) / 1_000)
                let commands = try workload.submissions(from: first, count: next - first)
                try await clock.sleep(until: begin + .milliseconds(tick), tolerance: .zero)
                group.addTask {
                    for outcome in await writer.submit(commands) {
                        guard case .accepted = outcome else { throw Failure(.check, "Not accepted: \(outcome)") }
                    }
                }
            }
            try await group.waitForAll()
        }
        return (clock.now - begin) / .seconds(1)
    }
}

/// When a mark was seen where, by a thread that waits for it to move.
private final class MarkHistory: Sendable {
    struct Seen {
        let value: UInt64
        let nanoseconds: UInt64
    }

    private let seen = Mutex<[Seen]>([])
    private let isEnding = Mutex(false)

    init(_ mark: Watermark) {
        let thread = Thread { [self] in
            var value = mark.value
            while !isEnding.withLock({ $0 }) {
                mark.waitBlocking(for: value + 1, timeoutMilliseconds: 100)
                let now = DispatchTime.now().uptimeNanoseconds
                value = mark.value
                seen.withLock { $0.append(Seen(value: value, nanoseconds: now)) }
            }
        }
        thread.start()
    }

    func end() -> [Seen] {
        isEnding.withLock { $0 = true }
        return seen.withLock { $0 }
    }
}

extension [MarkHistory.Seen] {
    /// Of each position from one on: how much later it was seen here than there.
    fileprivate func lags(behind others: [MarkHistory.Seen], from first: UInt64) -> Latencies {
        var lags = Latencies()
        var (own, other, position) = (startIndex, others.startIndex, first)
        while true {
            while own < endIndex, self[own].value < position { own += 1 }
            while other < others.endIndex, others[other].value < position { other += 1 }
            guard own < endIndex, other < others.endIndex else { return lags }
            let (shown, committed) = (self[own].nanoseconds, others[other].nanoseconds)
            lags.record(nanoseconds: shown > committed ? shown - committed : 0)
            position += 1
        }
    }
}
