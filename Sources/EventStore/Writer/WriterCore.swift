import Dispatch
import Foundation
package import Ledger
import Logging

/// The work of the Writer, without its threads. Sendable because what changes is guarded by `deciding`.
final class WriterCore: @unchecked Sendable {
    private let store: WriterStore
    private let queue: CommandQueue
    /// A semaphore and not a mutex: a mutex spins while its holder runs, on a processor that others need.
    private let deciding = DispatchSemaphore(value: 1)
    /// Guarded by `deciding`.
    private var decider: Decider
    private let committer: Committer
    private let logger: Logger
    private let fail: @Sendable (EventStoreError) -> Void

    init(
        store: WriterStore, queue: CommandQueue, options: Writer.Options, logger: Logger,
        clock: @escaping @Sendable () -> Timestamp = { .now }, fail: @escaping @Sendable (EventStoreError) -> Void
    ) {
        self.store = store
        self.queue = queue
        self.logger = logger
        self.fail = fail
        let turns = CommitTurns { queue.nudge() }
        decider = Decider(store: store, queue: queue, turns: turns, options: options, clock: clock)
        committer = Committer(store: store, turns: turns, logger: logger, fail: fail)
    }

    /// Decides and writes until the queue is closed and empty. On several threads at once, for one to decide while another
    /// writes.
    func run() {
        while let batch = nextBatch() { committer.commit(batch) }
    }

    /// The next batch, decided and not written; nil once the queue is closed and empty.
    func nextBatch() -> Batch? {
        // Who has nothing to decide sleeps at the queue and not at the lock: a lone command wakes one thread.
        while queue.untilCommandsWait() {
            if let batch = decideWaiting() { return batch }
        }
        return nil
    }

    /// Nil where another thread was quicker.
    private func decideWaiting() -> Batch? {
        // Batches that are over are let go behind the lock, for that takes time.
        var over: [Batch] = []
        deciding.wait()
        defer {
            deciding.signal()
            withExtendedLifetime(over) {}
        }
        guard takeTurn() else { return nil }
        let batch = decider.nextBatch(&over)
        if batch == nil { store.log.endTurn() }
        return batch
    }

    /// Where others append too, waits until nobody else can, and takes in what they did. Where that can't be had, the
    /// commands that wait are told so.
    private func takeTurn() -> Bool {
        guard store.takesTurns else { return true }
        do {
            try store.log.beginTurn()
            try store.index.catchUp()
            try store.log.refreshHead()
            try decider.takeInOthers()
            return true
        } catch {
            store.log.endTurn()
            let error = error as? EventStoreError ?? .poisoned(by: error)
            if ![.diskFull, .logAway].contains(error.code) { fail(error) }
            decider.refuseWaiting(error)
            return false
        }
    }

    func commit(_ batch: Batch) { committer.commit(batch) }

    /// Brings the index up to date: the next start is quicker by that. Not after a fault.
    func finish() {
        store.progress.finish()
        do {
            try store.index.flush()
        } catch {
            // Nothing is lost: the index reads the log from its checkpoint on at the next start.
            logger.warning("the index was not written", metadata: ["error": "\(error)"])
        }
    }
}

extension EventStoreError {
    fileprivate static func poisoned(by cause: any Error) -> EventStoreError {
        EventStoreError(.poisoned, "This machine's copy of the log can't be kept. Start again.", cause: cause)
    }
}

extension Timestamp {
    /// The system's clock.
    package static var now: Timestamp {
        var clock = timespec()
        clock_gettime(CLOCK_REALTIME, &clock)
        return Timestamp(microseconds: Int64(clock.tv_sec) * 1_000_000 + Int64(clock.tv_nsec) / 1_000)
    }
}
