import Foundation

/// The order in which batches are written: each after the one before it, though two threads carry them.
final class CommitTurns: @unchecked Sendable {
    private let condition = NSCondition()
    /// Guarded by `condition`.
    private var finished: UInt64 = 0
    private var failure: EventStoreError?
    /// Whether somebody was told that a turn has not come, and does something else meanwhile.
    private var isAwaited = false
    private let onTurn: @Sendable () -> Void

    /// - Parameter onTurn: told that a turn has come which `isNext` was asked for before.
    init(onTurn: @escaping @Sendable () -> Void) { self.onTurn = onTurn }

    func isNext(_ number: UInt64) -> Bool {
        condition.withLock {
            isAwaited = finished + 1 != number
            return !isAwaited
        }
    }

    /// Blocks until the batches before this one are written. Returns the failure of one of them, which is this one's too:
    /// it was decided on what they were to write.
    func wait(for number: UInt64) -> EventStoreError? {
        condition.withLock {
            while finished + 1 < number { condition.wait() }
            return failure
        }
    }

    func finish(_ number: UInt64, _ failure: EventStoreError?) {
        let isAwaited = condition.withLock {
            precondition(finished + 1 == number, "batches are written in their order")
            finished = number
            if let failure { self.failure = self.failure ?? failure }
            condition.broadcast()
            defer { self.isAwaited = false }
            return self.isAwaited
        }
        if isAwaited { onTurn() }
    }

    /// Whether batches fail until `recover`.
    var hasFailed: Bool { condition.withLock { failure != nil } }

    /// Blocks until all batches up to this one have had their turn, then lets new ones succeed.
    func recover(after number: UInt64) {
        condition.withLock {
            while finished < number { condition.wait() }
            failure = nil
        }
    }
}
