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
        /// How many commands wake who waits for them.
        var wakesAt = 1
        var waitingForRoom: [@Sendable () -> Void] = []
    }

    /// How many commands may wait.
    let capacity: Int
    private let state = Mutex(State())
    private let arrived = DispatchSemaphore(value: 0)
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
        let (refusal, wakes) = state.withLock { state -> (EventStoreError?, Bool) in
            if let closed = state.closed { return (closed, false) }
            guard state.count + group.submissions.count <= capacity else {
                return (
                    EventStoreError(
                        .overloaded,
                        "\(state.count) commands wait already, the most that may. Send it again in a second."),
                    false
                )
            }
            state.groups.append(group)
            state.count += group.submissions.count
            guard state.count >= state.wakesAt else { return (nil, false) }
            state.wakesAt = .max  // Once is enough.
            return (nil, true)
        }
        if wakes { arrived.signal() }
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

    /// Blocks until there are groups, and takes up to `max` commands of them (at least one group). Nil once the queue
    /// is closed and empty.
    func take(max: Int) -> [Group]? {
        while true {
            let (groups, isClosed) = takeNow(max: max, orElseWakeAt: 1)
            if !groups.isEmpty { return groups }
            if isClosed { return nil }
            wait()
        }
    }

    /// Takes up to `max` commands, where at least `min` wait; otherwise blocks until they do or until it is nudged, and
    /// comes back without, now and then for no reason.
    func take(min: Int, max: Int) -> [Group] {
        let (groups, _) = takeNow(max: max, orElseWakeAt: min)
        if groups.isEmpty { wait() }
        return groups
    }

    private func wait() {
        if let pause { pause() } else { arrived.wait() }
    }

    /// Takes up to `max` commands of those that wait now.
    func takeWaiting(max: Int) -> [Group] { takeNow(max: max, orElseWakeAt: 0).groups }

    /// Wakes who waits for commands.
    func nudge() { arrived.signal() }

    /// - Parameter least: fewer are not taken: these many will wake who waits then.
    private func takeNow(max: Int, orElseWakeAt least: Int) -> (groups: [Group], isClosed: Bool) {
        let (groups, isClosed, woken) = state.withLock { state -> ([Group], Bool, [@Sendable () -> Void]) in
            guard state.count >= least else {
                state.wakesAt = least
                return ([], state.closed != nil, [])
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
            return (groups, state.closed != nil, taken > 0 ? state.waitingForRoom : [])
        }
        for wake in woken { wake() }
        return (groups, isClosed)
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
        // Each of the Writer's threads may be waiting.
        for _ in 0..<4 { arrived.signal() }
    }
}
