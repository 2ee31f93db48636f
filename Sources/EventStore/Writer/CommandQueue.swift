import Foundation
import Synchronization

/// Commands on their way to the Writer's thread: bounded, in order of arrival.
final class CommandQueue: Sendable {
    /// Commands handed in together and answered together. Not a transaction: each is decided by itself.
    struct Group: Sendable {
        let submissions: [Submission]
        let answer: @Sendable ([Outcome]) -> Void
    }

    private struct State {
        var groups: [Group] = []
        var count = 0
        var closed: EventStoreError?
        /// Threads that sleep until commands arrive, and were not woken.
        var idle = 0
        /// Whether one of them was woken, and has not taken anything yet.
        var isComing = false
        /// How many commands wake the thread that decides already and waits for more.
        var enough = Int.max
        var waitingForRoom: [@Sendable () -> Void] = []
    }

    /// How many commands may wait.
    let capacity: Int
    private let state = Mutex(State())
    private let arrived = DispatchSemaphore(value: 0)
    private let enoughArrived = DispatchSemaphore(value: 0)
    /// Where the thread stands while there is nothing to take.
    private let pause: (@Sendable () -> Void)?

    /// - Parameter pause: called in place of waiting, where one thread alone does everything: it must see to it that there
    ///   is something to take, or that the queue is closed.
    init(capacity: Int, pause: (@Sendable () -> Void)? = nil) {
        self.capacity = capacity
        self.pause = pause
    }

    /// Queues the group, or says at once why not: `overloaded` where there is no room, or why the queue was closed.
    func offer(_ group: Group) -> EventStoreError? {
        let (refusal, wakesIdle, wakesDecider) = state.withLock { state -> (EventStoreError?, Bool, Bool) in
            if let closed = state.closed { return (closed, false, false) }
            guard state.count + group.submissions.count <= capacity else {
                return (
                    EventStoreError(
                        .overloaded,
                        "\(state.count) commands wait already, the most that may. Send it again in a second."),
                    false, false
                )
            }
            state.groups.append(group)
            state.count += group.submissions.count
            let isEnough = state.count >= state.enough
            if isEnough { state.enough = .max }  // Once will do.
            let wakesIdle = state.idle > 0 && !state.isComing
            if wakesIdle { (state.idle, state.isComing) = (state.idle - 1, true) }
            return (nil, wakesIdle, isEnough)
        }
        if wakesIdle { arrived.signal() }
        if wakesDecider { enoughArrived.signal() }
        return refusal
    }

    /// Returns when a group taken since may have left room, or the queue was closed.
    func roomMade() async {
        await withCheckedContinuation { continuation in
            let isWaiting = state.withLock { state in
                guard state.closed == nil, state.count > 0 else { return false }
                state.waitingForRoom.append { continuation.resume() }
                return true
            }
            if !isWaiting { continuation.resume() }
        }
    }

    /// Blocks until commands wait, which another thread may be quicker to take. False once the queue is closed and empty.
    func untilCommandsWait() -> Bool {
        while true {
            let isOver: Bool? = state.withLock { state in
                if state.count > 0 { return false }
                if state.closed != nil { return true }
                state.idle += 1
                return nil
            }
            if let isOver { return !isOver }
            wait(for: arrived)
        }
    }

    /// Takes up to `max` commands of those that wait now, but at least one group where there is one.
    func take(max: Int) -> [Group] { takeNow(atLeast: 0, max: max) }

    /// Takes up to `max` commands, where at least `min` wait; otherwise blocks until they do or until it is nudged, and
    /// comes back without, now and then for no reason. For one thread at a time.
    func take(min: Int, max: Int) -> [Group] {
        let groups = takeNow(atLeast: min, max: max)
        if groups.isEmpty { wait(for: enoughArrived) }
        return groups
    }

    private func wait(for semaphore: DispatchSemaphore) {
        if let pause { pause() } else { semaphore.wait() }
    }

    /// Wakes the thread that waits for enough commands.
    func nudge() { enoughArrived.signal() }

    private func takeNow(atLeast least: Int, max: Int) -> [Group] {
        let (groups, woken) = state.withLock { state -> ([Group], [@Sendable () -> Void]) in
            state.isComing = false
            guard state.count >= least else {
                state.enough = least
                return ([], [])
            }
            var commands = 0
            var taken = 0
            while taken < state.groups.count, taken == 0 || commands + state.groups[taken].submissions.count <= max {
                commands += state.groups[taken].submissions.count
                taken += 1
            }
            let groups = Array(state.groups[..<taken])
            state.groups.removeFirst(taken)
            state.count -= commands
            defer { if taken > 0 { state.waitingForRoom = [] } }
            return (groups, taken > 0 ? state.waitingForRoom : [])
        }
        for wake in woken { wake() }
        return groups
    }

    /// Takes nothing more, for the reason given. What was queued before can still be taken, or is answered with the reason.
    func close(_ reason: EventStoreError, refusesWaiting: Bool = false) {
        let (woken, refused) = state.withLock { state in
            if state.closed == nil { state.closed = reason }
            let refused = refusesWaiting ? state.groups : []
            if refusesWaiting { (state.groups, state.count) = ([], 0) }
            defer { state.waitingForRoom = [] }
            return (state.waitingForRoom, refused)
        }
        for wake in woken { wake() }
        for group in refused { group.answer(group.submissions.map { _ in .failed(reason) }) }
        // Each of the Writer's threads may be waiting, for whatever.
        for _ in 0..<2 { arrived.signal() }
        enoughArrived.signal()
    }
}
