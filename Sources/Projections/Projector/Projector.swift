package import EventStore
import Foundation
import GRDB
import Ledger
package import Logging
import Synchronization

/// Feeds one read model from the log, on a thread of its own: batches, rows and checkpoint in one transaction.
///
/// It stops at an event it can't apply, says so, and tries again each second; it never skips one.
package final class Projector: Sendable {
    package let model: ReadModel
    private let step: @Sendable () throws -> Int
    private let log: EventLog
    /// Held, not used: one process feeds a read model.
    private let lock: DirectoryLock?
    private let logger: Logger
    private let stopping = Mutex(false)
    private let ended = Watermark()

    /// How many records one transaction takes in.
    static let batchRecordsMax = 16_384
    /// From the beginning of one transaction to that of the next, at least; a lone event does not wait for it.
    private static let transactionsApart = Duration.milliseconds(10)

    package init<P: Projection>(
        _ projection: P.Type, store: Store, model: ReadModel, lock: DirectoryLock? = nil, logger: Logger
    ) {
        self.model = model
        self.logger = logger
        self.lock = lock
        log = store.log
        step = { try Self.advance(P.self, model: model, store: store) }
    }

    /// Starts the thread. Once.
    package func start() {
        BackgroundThread.start("daybook-\(model.name)") { [self] in
            run()
            ended.advance(to: 1)
        }
    }

    /// Ends after the transaction in hand.
    package func stop() async {
        stopping.withLock { $0 = true }
        _ = await ended.reached(1, within: .seconds(60))
    }

    /// Applies everything up to the log's head of now, on the calling thread.
    package func catchUp(progress: (Position) -> Void = { _ in }) throws {
        while try step() > 0 { progress(Position(rawValue: model.watermark.value)) }
    }

    private func run() {
        while !stopping.withLock({ $0 }) {
            do {
                let began = ContinuousClock.now
                let taken = try step()
                if taken > 0, taken < Self.batchRecordsMax { rest(since: began) }
                if taken == 0 {
                    // Rung by this process's Writer; looked at now and then because another process may be the writer.
                    log.head.waitBlocking(for: model.watermark.value + 1, timeoutMilliseconds: 50)
                    try log.refreshHead()
                }
                model.stoppedBy = nil
            } catch {
                let failure = ProjectionFailure(
                    after: Position(rawValue: model.watermark.value), message: String(describing: error))
                if model.stoppedBy?.message != failure.message {
                    logger.error(
                        "a projection stopped",
                        metadata: [
                            "projection": "\(model.name)", "after": "\(failure.after)", "error": "\(failure.message)",
                        ])
                }
                model.stoppedBy = failure
                Watermark().waitBlocking(for: 1, timeoutMilliseconds: 1_000)
            }
        }
    }

    /// Lets more events gather: a transaction costs as much as some hundred of them.
    private func rest(since began: ContinuousClock.Instant) {
        let left = Self.transactionsApart - (.now - began)
        if left > .zero { Thread.sleep(forTimeInterval: left / .seconds(1)) }
    }

    /// Applies the next batch in one transaction. Returns how many records it took.
    private static func advance<P: Projection>(_ projection: P.Type, model: ReadModel, store: Store) throws -> Int {
        let after = Position(rawValue: model.watermark.value)
        let (records, through) = try store.log.read(after: after, limit: batchRecordsMax, of: P.categories)
        guard through > after else { return 0 }
        do {
            try take(projection, records, after: after, through: through, model, store)
        } catch let failure as FailedEvent {
            let before = Position(rawValue: failure.position.rawValue - 1)
            if before > after {
                let whole = records.prefix { $0.position < failure.position }
                try take(projection, Array(whole), after: after, through: before, model, store)
            }
            throw failure
        }
        return Int(through.rawValue - after.rawValue)
    }

    private static func take<P: Projection>(
        _ projection: P.Type, _ records: [EventStore.Record], after: Position, through: Position, _ model: ReadModel,
        _ store: Store
    ) throws {
        guard let last = try store.log.record(at: through) else {
            preconditionFailure("the log was read to there")
        }
        try model.write { database in
            var checkpoint = try Checkpoint.load(from: database)
            precondition(checkpoint.position == after, "one projector feeds a read model")
            var projection = P()
            for record in records {
                do {
                    let event = try store.events.event(of: record)
                    try projection.apply(Recorded(record: record, event: event), in: database)
                } catch {
                    throw FailedEvent(position: record.position, cause: error)
                }
                checkpoint.add(record.checksum)
            }
            try projection.finish(in: database)
            checkpoint.position = through
            checkpoint.record = last.checksum
            try checkpoint.save(in: database)
        }
        model.watermark.advance(to: through.rawValue)
    }
}

/// An event that a projection can't apply.
private struct FailedEvent: Error, CustomStringConvertible {
    let position: Position
    let cause: any Error

    var description: String { "The event at position \(position) can't be applied: \(cause)" }
}
