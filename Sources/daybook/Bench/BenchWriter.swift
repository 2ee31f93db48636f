import ArgumentParser
import EventStore
import Foundation
import Ledger
import Logging

struct BenchWriter: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "writer",
        abstract: "Commands decided and durable, without HTTP.",
        discussion: """
            Groups of commands are handed to the Writer, always some at once, so that it never waits. The next group of each
            is prepared on another thread while one is decided; on two cores this costs the Writer's thread memory bandwidth,
            and the answers' way back is within the time. Checked at the end: the log's head counts every accepted command.

              daybook bench writer                                          reservations over 10,000 items
              daybook bench writer --hot                                    all of one item
              daybook bench writer --commands 50000000 --streams 5000000    carts, ten commands each
            """)

    @Option(help: "How many commands.") var commands = 2_000_000
    @Option(help: "How many items.") var items = 10_000
    @Option(help: "Commands of a group, which is one transaction.") var batch = 8_189
    @Option(help: "Groups handed in at once.") var inFlight = 2
    @Flag(help: "One item instead of many.") var hot = false
    @Option(help: "Put goods into this many carts instead of reserving.") var streams: Int?
    @Option(help: "Carts filled side by side.") var active = 10_000
    @Option(help: "Seconds until a reservation expires.") var expiry: Int64 = 900
    @Option(help: "Commands between two readings of rate and memory.") var window = 1_000_000
    @Option(help: "Seed of the commands.") var seed: UInt64 = 20_261_122
    @OptionGroup var directory: BenchDirectory

    func validate() throws {
        guard commands > 0, items > 0, batch > 0, inFlight > 0, active > 0, window > 0, streams ?? 1 > 0 else {
            throw ValidationError("Every number is at least 1.")
        }
    }

    func run() async throws {
        try BenchReport.write(try await directory.use { try await measure(in: $0) })
    }

    private func measure(in directory: String) async throws -> WriterReport {
        let store = try Store(directory: directory, access: .readWrite)
        var options = Writer.Options()
        options.queueCapacity = max(options.queueCapacity, batch * (inFlight + 1))
        options.batchCommandsMax = batch
        let writer = store.startWriter(options, logger: Logger(label: "daybook"))
        let shop = BenchShop(items: hot ? 1 : items)
        try await shop.open(writer)
        let before = store.log.headPosition
        let measured = try await drive(writer, Workload(kind: kind, shop: shop, seed: seed))
        let memory = try ProcessMemory()
        await writer.stop()
        guard writer.fault == nil, store.log.headPosition == before.advanced(by: measured.accepted) else {
            throw Failure(
                .check,
                "\(measured.accepted) commands were accepted after position \(before); the log ends at "
                    + "\(store.log.headPosition).")
        }
        return WriterReport(
            measured, of: self, memory: memory, recordBytes: try Self.recordBytes(in: store),
            logBytes: try store.log.sizeOnDiskBytes, indexBytes: store.index.sizeOnDiskBytes,
            head: store.log.headPosition)
    }

    private var kind: Workload.Kind {
        guard let streams else { return .reservations(expirySeconds: expiry) }
        return .carts(active: min(active, streams), commandsEach: max(1, commands / streams))
    }

    /// Keeps `inFlight` groups with the Writer until all commands are answered.
    private func drive(_ writer: Writer, _ workload: Workload) async throws -> WriterProgress {
        let progress = WriterProgress(total: commands, window: window)
        let groups = GroupNumbers(commands: commands, batch: batch)
        try await withThrowingTaskGroup(of: Void.self) { lanes in
            for _ in 0..<inFlight {
                lanes.addTask { try await fill(writer, workload, groups, progress) }
            }
            try await lanes.waitForAll()
        }
        progress.finish()
        return progress
    }

    @concurrent private func fill(
        _ writer: Writer, _ workload: Workload, _ groups: GroupNumbers, _ progress: WriterProgress
    ) async throws {
        var next = try groups.next().map { try workload.submissions(from: $0.lowerBound, count: $0.count) }
        while let group = next {
            let start = DispatchTime.now()
            async let answers = writer.submit(group)
            next = try groups.next().map { try workload.submissions(from: $0.lowerBound, count: $0.count) }
            try progress.add(await answers, since: start)
        }
    }

    /// The mean over the last records, which are those of the measurement.
    private static func recordBytes(in store: Store) throws -> Int {
        let head = store.log.headPosition.rawValue
        let sample = try store.log.read(after: Position(rawValue: head - min(head, 10_000)), limit: 10_000)
        guard !sample.isEmpty else { return 0 }
        return sample.reduce(0) { $0 + $1.encoded().count } / sample.count
    }
}
