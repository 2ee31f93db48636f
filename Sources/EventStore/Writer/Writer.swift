import Foundation
import Logging
import Synchronization

/// Decides every command, one after another on one thread of its own, and writes what was decided: one durable
/// transaction for all commands that waited. A command is answered only after its events are durable.
package final class Writer: Sendable {
    package struct Options: Sendable {
        /// How many commands may wait for the Writer; more are refused as `overloaded`.
        package var queueCapacity = 16_384
        /// The most commands and bytes of one transaction.
        package var batchCommandsMax = 8_192
        package var batchBytesMax = 8 << 20

        package init() {}
    }

    private let queue: CommandQueue
    private let options: Options
    private let ended = Watermark()
    private let failure = Mutex<EventStoreError?>(nil)

    init(store: WriterStore, options: Options, logger: Logger) {
        self.options = options
        queue = CommandQueue(capacity: options.queueCapacity)
        let thread = Thread { [self] in
            var loop = WriterLoop(store: store, options: options)
            while let groups = queue.take(max: options.batchCommandsMax) {
                if let fault = loop.process(groups) { fail(fault, logger) }
            }
            loop.finish(logger)
            ended.advance(to: 1)
        }
        thread.name = "daybook-writer"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Hands the commands in, or answers at once with `overloaded` or why the Writer takes none. The answers come in
    /// the order of the commands. Commands before and after others from the same caller are decided in that order.
    package func submit(_ submissions: [Submission]) async -> [Outcome] {
        await withCheckedContinuation { continuation in
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
    /// At most `batchCommandsMax` commands at once.
    package func submitWhenRoom(_ submissions: [Submission]) async -> [Outcome] {
        precondition(submissions.count <= options.batchCommandsMax, "a group fits into one transaction")
        while true {
            let outcomes = await submit(submissions)
            guard case .failed(let error)? = outcomes.first, error.code == .overloaded else { return outcomes }
            await queue.roomMade()
        }
    }

    /// Takes no more commands, decides and writes those which were taken, brings the index up to date, and ends.
    package func stop() async {
        queue.close(EventStoreError(.stopping, "Daybook is stopping. Send the command again when it is back."))
        _ = await ended.reached(1, within: .seconds(3_600))
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
        failure.withLock { $0 = fault }
        queue.close(fault)
    }
}
