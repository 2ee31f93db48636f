package import EventStore
import Foundation
import Ledger
package import Logging
import Synchronization

/// Feeds one read model from the log, on a thread of its own: batches, rows and checkpoint in one transaction.
///
/// It stops at an event it can't apply, says so, and tries again each second; it never skips one.
package final class Projector: Sendable {
    package let model: ReadModel
    private let store: Store
    /// Held, not used: one process feeds a read model.
    private let lock: DirectoryLock?
    private let logger: Logger
    private let stopping = Mutex(false)
    private let ended = Watermark()

    /// How many records one transaction takes in.
    static let batchRecordsMax = 16_384
    /// From the beginning of one transaction to that of the next, at least; a lone event does not wait for it.
    private static let transactionsApart = Duration.milliseconds(10)

    package init(_ model: ReadModel, store: Store, lock: DirectoryLock? = nil, logger: Logger) {
        self.model = model
        self.store = store
        self.lock = lock
        self.logger = logger
        model.isFedHere()
    }

    /// Starts the thread. Once.
    package func start() {
        BackgroundThread.start("daybook-\(model.name)", with: self, ended: ended) { $0.run() }
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

    /// Goes on as far as it can, on the calling thread. Returns why not further; nil at the log's head.
    func tryAgain() -> ProjectionFailure? {
        do {
            try catchUp()
        } catch {
            tell(error)
        }
        return model.stoppedBy
    }

    private func run() {
        try? LiveFiles(of: model.projection, in: model.directory).removeOlderVersions()
        while !stopping.withLock({ $0 }) {
            do {
                answerSwitchRequest()
                guard !model.isBeingBuilt else {
                    Watermark().waitBlocking(for: 1, timeoutMilliseconds: 50)
                    continue
                }
                let began = ContinuousClock.now
                let taken = try step()
                if taken > 0, taken < Self.batchRecordsMax { rest(since: began) }
                if taken == 0 {
                    // Rung by this process's Writer; looked at now and then because another process may be the writer.
                    store.log.head.waitBlocking(for: model.watermark.value + 1, timeoutMilliseconds: 50)
                    try store.log.refreshHead()
                }
            } catch {
                tell(error)
                waitToTryAgain()
            }
        }
    }

    private func tell(_ error: any Error) {
        let message = String(describing: error)
        guard model.stoppedBy?.message != message else { return }
        let failure = ProjectionFailure(
            after: Position(rawValue: model.watermark.value), position: (error as? FailedEvent)?.position,
            message: message)
        logger.error(
            "a projection stopped",
            metadata: ["projection": "\(model.name)", "after": "\(failure.after)", "error": "\(failure.message)"])
        model.stoppedBy = failure
    }

    /// For a second, or until somebody asks for it.
    private func waitToTryAgain() {
        let request = RetryRequest(of: model.projection, in: model.directory)
        request.answer()
        for _ in 0..<20 where !request.isThere && !stopping.withLock({ $0 }) {
            Watermark().waitBlocking(for: 1, timeoutMilliseconds: 50)
        }
    }

    /// Lets more events gather: a transaction costs as much as some hundred of them.
    private func rest(since began: ContinuousClock.Instant) {
        let left = Self.transactionsApart - (.now - began)
        if left > .zero { Thread.sleep(forTimeInterval: left / .seconds(1)) }
    }

    /// Applies the next batch. Returns how many records the live file took.
    private func step() throws -> Int {
        // What is seen in the rows moves the watermark too (`ReadModel.reached`), in the midst of this.
        let before = Position(rawValue: model.watermark.value)
        let taken = try Self.feed(model.live, behind: before, from: store)
        model.watermark.advance(to: before.advanced(by: taken).rawValue)
        if model.stoppedBy != nil {
            model.stoppedBy = nil
            RetryRequest(of: model.projection, in: model.directory).answer()
        }
        followWithPrevious()
        return taken
    }

    /// What was asked before the last rebuild is kept as new as what is asked, for a day. Where it can't go on it is given
    /// up: that may be why there was a rebuild.
    private func followWithPrevious() {
        let files = model.current
        guard let previous = files.previous else { return }
        do {
            if let end = files.previousUntil, end < Date() { return try forgetPrevious() }
            let position = try previous.checkpoint().position
            if position.rawValue < model.watermark.value { _ = try Self.feed(previous, behind: position, from: store) }
        } catch {
            logger.warning(
                "what was asked before a rebuild does not go on, and is given up",
                metadata: ["projection": "\(model.name)", "file": "\(previous.path)", "error": "\(error)"])
            try? forgetPrevious()
        }
    }

    private func forgetPrevious() throws {
        model.use(ReadModel.Files(live: model.live))
        try LiveFiles(of: model.projection, in: model.directory).forgetPrevious()
    }

    private func answerSwitchRequest() {
        let request = SwitchRequest(of: model.projection, in: model.directory)
        guard request.isThere else { return }
        do {
            try request.answer(by: model, store)
            logger.info(
                "another file of a read model is asked",
                metadata: ["projection": "\(model.name)", "file": "\(model.path)"])
        } catch {
            logger.error(
                "the file of a read model stays", metadata: ["projection": "\(model.name)", "error": "\(error)"])
        }
    }

    /// Has a file take in the next batch; up to an event that can't be applied. Returns how many records it took.
    static func feed(_ file: ReadModelFile, behind position: Position, from store: Store) throws -> Int {
        func take(_ limit: Int) throws -> Int {
            guard
                let chunk = try EventChunk(of: store, after: position, limit: limit, of: file.projection.categories)
            else { return 0 }
            try file.take(chunk)
            return Int(chunk.through.rawValue - position.rawValue)
        }
        do {
            return try take(batchRecordsMax)
        } catch let failure as FailedEvent {
            if try file.learnsParked(failure.position) { return try take(batchRecordsMax) }
            let before = Int(failure.position.rawValue - position.rawValue) - 1
            if before > 0 { return try take(before) }
            throw failure
        }
    }
}
