import Synchronization

extension Writer {
    /// The most commands that can be handed in together by `handInWhenRoom`.
    package var togetherMax: Int { min(options.batchCommandsMax, queue.capacity) }

    /// Hands the commands in as soon as there is room for them, without waiting for what becomes of them. Commands handed
    /// in by one task one after another are decided in that order.
    ///
    /// - Parameter submissions: at most `togetherMax`.
    package func handInWhenRoom(_ submissions: [Submission]) async -> PendingOutcomes {
        precondition(submissions.count <= togetherMax, "more would never find room")
        let pending = PendingOutcomes()
        while let refusal = queue.offer(CommandQueue.Group(submissions: submissions) { pending.settle($0) }) {
            guard refusal.code == .overloaded else {
                pending.settle(submissions.map { _ in .failed(refusal) })
                break
            }
            await queue.roomMade()
        }
        return pending
    }
}

/// What becomes of commands that were handed in together, in their order.
package final class PendingOutcomes: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<[Outcome], Never>)
        case settled([Outcome])
    }

    private let state = Mutex(State.open)

    /// To be asked once: returns when all of them are known.
    package func value() async -> [Outcome] {
        await withCheckedContinuation { continuation in
            let outcomes: [Outcome]? = state.withLock { state in
                if case .settled(let outcomes) = state { return outcomes }
                state = .awaited(continuation)
                return nil
            }
            if let outcomes { continuation.resume(returning: outcomes) }
        }
    }

    func settle(_ outcomes: [Outcome]) {
        let waiting: CheckedContinuation<[Outcome], Never>? = state.withLock { state in
            defer { state = .settled(outcomes) }
            if case .awaited(let continuation) = state { return continuation }
            return nil
        }
        waiting?.resume(returning: outcomes)
    }
}
