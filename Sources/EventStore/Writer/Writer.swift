import Foundation
import Logging
import Synchronization

/// Decides every command, one after another, and writes what was decided: one durable transaction for all commands
/// that waited. A command is answered only after its events are durable.
///
/// Two threads take turns: while one writes its batch, the other decides the next one on what the first decided. Deciding is
/// under one lock and writing in one order, so that it is as if there were one; but a lone command need not change
/// threads, and the disk and the rules are busy at the same time. Where other machines append to the same log, one thread
/// takes turns with them instead.
package final class Writer: Sendable {
    package struct Options: Sendable {
        /// How many commands may wait for the Writer; more are refused as `overloaded`.
        package var queueCapacity = 16_384
        /// The most commands of one transaction.
        package var batchCommandsMax = 8_192
        /// While the disk works, so many commands are decided at once: to be woken for each costs more than to decide it.
        package var wakingCommandsMin = 256
        /// A transaction of more bytes takes in no further group of commands.
        package var batchBytesMax = 8 << 20
        /// How many aggregates stay in memory, at least. More than one command has streams.
        var cached = WorkingBooks.Capacities()
        /// How many command keys are remembered before the older ones are left to the index alone.
        var recentKeysMax = 65_536

        package init() {}
    }

    let queue: CommandQueue
    let options: Options
    private let replicator: Replicator?
    private let ended = Watermark()
    private let failure = Mutex<EventStoreError?>(nil)

    init(store: WriterStore, options: Options, logger: Logger) {
        self.options = options
        replicator = store.replicator
        let queue = CommandQueue(capacity: options.queueCapacity)
        self.queue = queue
        // Handed over, not shared: when the Writer has ended, the store is whoever's who still holds it.
        let core = Mutex<WriterCore?>(nil)
        core.withLock {
            $0 = WriterCore(store: store, queue: queue, options: options, logger: logger) { [weak self] in
                self?.fail($0, logger)
            }
        }
        // Where others append too, nothing can be decided while a batch is being written.
        let threadCount = store.takesTurns ? 1 : 2
        let running = Mutex(threadCount)
        for number in 1...threadCount {
            let thread = Thread { [self] in
                core.withLock { $0 }?.run()
                let isLast = running.withLock { running in
                    running -= 1
                    return running == 0
                }
                guard isLast else { return }
                end(core)
                ended.advance(to: 1)
            }
            thread.name = "daybook-writer\(number)"
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    /// Lets the store go before it returns: whoever is told that the Writer has ended may open it anew.
    private func end(_ core: borrowing Mutex<WriterCore?>) {
        let ending = core.withLock { $0.take() }
        if fault == nil { ending?.finish() }
    }

    /// Hands the commands in, or answers at once with `overloaded` or why the Writer takes none. The answers come in
    /// the order of the commands. Commands before and after others from the same caller are decided in that order.
    package func submit(_ submissions: [Submission]) async -> [Outcome] {
        guard !submissions.isEmpty else { return [] }
        if let refusal = replicator?.refusal { return submissions.map { _ in .failed(refusal) } }
        return await withCheckedContinuation { continuation in
            let group = CommandQueue.Group(submissions: submissions) { continuation.resume(returning: $0) }
            if let refusal = queue.offer(group) {
                continuation.resume(returning: submissions.map { _ in .failed(refusal) })
            }
        }
    }

    package func submit(_ submission: Submission) async -> Outcome {
        await submit([submission])[0]
    }

    /// Hands the commands in as soon as there is room for them: for streams, which are slowed down rather than refused.
    package func submitWhenRoom(_ submissions: [Submission]) async -> [Outcome] {
        let together = min(options.batchCommandsMax, options.queueCapacity)
        var outcomes: [Outcome] = []
        while outcomes.count < submissions.count {
            let group = Array(submissions[outcomes.count...].prefix(together))
            let answers = await submit(group)
            if case .failed(let error)? = answers.first, error.code == .overloaded {
                await queue.roomMade()
            } else {
                outcomes += answers
            }
        }
        return outcomes
    }

    /// Takes no more commands, decides and writes those which were taken, brings the index up to date, and ends.
    package func stop() async {
        queue.close(EventStoreError(.stopping, "Daybook is stopping. Send the command again when it is back."))
        // Not `reached` in this task: it returns at once where the task was cancelled.
        await Task { [ended] in while await !ended.reached(1, within: .seconds(3_600)) {} }.value
    }

    /// Returns when the Writer has ended; with the fault where it poisoned itself.
    package func untilEnded() async -> EventStoreError? {
        while await !ended.reached(1, within: .seconds(3_600)), !Task.isCancelled {}
        return failure.withLock { $0 }
    }

    /// Why the Writer takes no more commands; nil while it does.
    package var fault: EventStoreError? { failure.withLock { $0 } }

    private func fail(_ fault: EventStoreError, _ logger: Logger) {
        logger.critical("the writer stops", metadata: ["error": "\(fault)"])
        failure.withLock { $0 = $0 ?? fault }
        queue.close(fault, refusesWaiting: true)
    }
}
