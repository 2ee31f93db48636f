import Foundation
import Ledger
import Logging
import TestTools

@testable import EventStore

extension Simulation {
    /// What stays the same for a run: small caches and tables, so that little is enough to overflow them.
    struct Settings {
        var writer = Writer.Options()
        var index = LogIndex.Options()
        let snapshotEventsMin: UInt64
        var usualFaults: SimulatedDisk.Faults
        var faults: SimulatedDisk.Faults
        var damagePercent: Int

        init(random: inout SplitMix64) {
            func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
            func one(of choices: [Int]) -> Int { choices[number(0...choices.count - 1)] }
            writer.queueCapacity = number(16...60)
            writer.wakingCommandsMin = 1
            writer.batchCommandsMax = number(1...20)
            writer.batchBytesMax = one(of: [200, 2_000, 100_000])
            writer.recentKeysMax = number(1...50)
            // More than a command of the workload has streams.
            writer.cached = WorkingBooks.Capacities(
                products: number(8...12), stocks: number(8...12), carts: number(2...4), orders: number(5...8),
                numbers: number(1...2), documents: number(2...4))
            index.pendingMax = one(of: [2, 5, 16, 64, 300])
            index.mergeWidth = number(2...4)
            index.flushesBeside = false
            let secret = Secrets(random: SplitMix64(seed: random.next()))
            index.freshKey = { secret.next() }
            snapshotEventsMin = UInt64(number(2...30))
            usualFaults = SimulatedDisk.Faults(
                crash: one(of: [0, 1, 4]), full: one(of: [0, 3, 10, 30]), failing: one(of: [0, 0, 1, 4]),
                unreadable: one(of: [0, 0, 0, 1]))
            faults = usualFaults
            damagePercent = one(of: [0, 30, 60])
        }
    }

    /// Keys of indexes. Sendable because a simulation has one thread.
    private final class Secrets: @unchecked Sendable {
        private var random: SplitMix64

        init(random: SplitMix64) { self.random = random }

        func next() -> DigestKey { DigestKey(first: random.next(), second: random.next()) }
    }
}

/// The Writer without its threads, or one that was put together wrongly.
struct Engine {
    let nextBatch: () -> Batch?
    let commit: (Batch) -> Void
    let finish: () -> Void

    /// - Parameter keepsFailedDecisions: the part that decides is not told of batches that failed.
    init(
        store: WriterStore, queue: CommandQueue, options: Writer.Options, keepsFailedDecisions: Bool,
        clock: @escaping @Sendable () -> Timestamp, fail: @escaping @Sendable (EventStoreError) -> Void
    ) {
        let core = WriterCore(
            store: store, queue: queue, options: options, logger: .silent, clock: clock, fail: fail)
        finish = { core.finish() }
        guard keepsFailedDecisions else {
            (nextBatch, commit) = ({ core.nextBatch() }, { core.commit($0) })
            return
        }
        let deaf = CommitTurns {}
        let turns = CommitTurns {}
        var decider = Decider(store: store, queue: queue, turns: deaf, options: options, clock: clock)
        let committer = Committer(store: store, turns: turns, logger: .silent, fail: fail)
        nextBatch = {
            guard queue.untilCommandsWait() else { return nil }
            var over: [Batch] = []
            return decider.nextBatch(&over)
        }
        commit = { batch in
            committer.commit(batch)
            turns.recover(after: batch.number)
            deaf.finish(batch.number, nil)
        }
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() } }
}
