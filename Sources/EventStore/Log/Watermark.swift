import Dispatch
import Synchronization

/// A number that only grows, and those who wait for it to: the head of the log, or where a read model stands.
package final class Watermark: Sendable {
    private struct State {
        var value: UInt64
        var waiters: [UInt64: Waiter] = [:]
        var waitersEver: UInt64 = 0
    }

    private struct Waiter {
        let threshold: UInt64
        let wake: @Sendable (_ reached: Bool) -> Void
    }

    private let state: Mutex<State>

    package init(_ value: UInt64 = 0) {
        state = Mutex(State(value: value))
    }

    package var value: UInt64 { state.withLock { $0.value } }

    /// Moves the mark forward and wakes those who waited for it; a smaller value changes nothing.
    package func advance(to value: UInt64) {
        let reached = state.withLock { state -> [Waiter] in
            guard value > state.value else { return [] }
            state.value = value
            guard !state.waiters.isEmpty else { return [] }
            let reached = state.waiters.filter { $0.value.threshold <= value }
            for id in reached.keys { state.waiters[id] = nil }
            return Array(reached.values)
        }
        for waiter in reached { waiter.wake(true) }
    }

    /// Waits until the mark is at `value` or beyond. False after `timeout`, or when the task is cancelled.
    package func reached(_ value: UInt64, within timeout: Duration) async -> Bool {
        guard self.value < value else { return true }
        let waiter = AsyncWaiter()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiter.start(continuation)
                let id = add(threshold: value) { reached in waiter.finish(reached) }
                let timer = Task { [weak self] in
                    try? await Task.sleep(for: timeout)
                    self?.giveUp(id)
                }
                waiter.onFinish { timer.cancel() }
            }
        } onCancel: {
            waiter.finish(false)
        }
    }

    /// Blocks the thread until the mark is at `value` or beyond, or `timeout` has passed.
    package func waitBlocking(for value: UInt64, timeoutMilliseconds: Int) {
        let semaphore = DispatchSemaphore(value: 0)
        let id = add(threshold: value) { _ in semaphore.signal() }
        if semaphore.wait(timeout: .now() + .milliseconds(timeoutMilliseconds)) == .timedOut { giveUp(id) }
    }

    private func add(threshold: UInt64, wake: @escaping @Sendable (Bool) -> Void) -> UInt64 {
        let (id, isReached) = state.withLock { state in
            state.waitersEver += 1
            guard state.value < threshold else { return (state.waitersEver, true) }
            state.waiters[state.waitersEver] = Waiter(threshold: threshold, wake: wake)
            return (state.waitersEver, false)
        }
        if isReached { wake(true) }
        return id
    }

    private func giveUp(_ id: UInt64) {
        state.withLock { $0.waiters.removeValue(forKey: id) }?.wake(false)
    }
}

/// A continuation that is resumed once, by whoever comes first: the mark, the clock or a cancellation.
private final class AsyncWaiter: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Bool, Never>, onFinish: (@Sendable () -> Void)?)
        case finished(Bool)
    }

    private let state = Mutex(State.idle)

    func start(_ continuation: CheckedContinuation<Bool, Never>) {
        let early = state.withLock { state -> Bool? in
            if case .finished(let reached) = state { return reached }
            state = .waiting(continuation, onFinish: nil)
            return nil
        }
        if let early { continuation.resume(returning: early) }
    }

    func onFinish(_ action: @escaping @Sendable () -> Void) {
        let isFinished = state.withLock { state in
            guard case .waiting(let continuation, _) = state else { return true }
            state = .waiting(continuation, onFinish: action)
            return false
        }
        if isFinished { action() }
    }

    func finish(_ reached: Bool) {
        let previous = state.withLock { state in
            defer { state = .finished(reached) }
            return state
        }
        guard case .waiting(let continuation, let onFinish) = previous else { return }
        continuation.resume(returning: reached)
        onFinish?()
    }
}
