import CLinux
import Foundation
import Synchronization

/// A thread for work that nobody waits for at this moment: where the processors are busy it leaves the most of them to
/// the threads that answer clients, and takes what they don't need.
package enum BackgroundThread {
    /// A tenth of the weight of a thread that answers (setpriority(2); each step takes a fifth of it away). Not less: what is
    /// fed by such a thread must keep up, too.
    private static let niceness: Int32 = 10
    /// A turn on a processor, in nanoseconds; Linux takes nothing shorter. Whoever wakes meanwhile waits for its end, by default
    /// for some milliseconds. Without effect before Linux 6.12.
    private static let turn: UInt64 = 100_000

    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread {
            lowerPriority()
            body()
        }
        thread.name = name
        thread.start()
    }

    /// Runs `body` with `owner`, lets go of that, and only then moves `ended` to 1: whoever waited for it may rely on nothing
    /// here keeping `owner`, nor what it holds.
    package static func start<Owner: AnyObject & Sendable>(
        _ name: String, with owner: Owner, ended: Watermark, _ body: @escaping @Sendable (Owner) -> Void
    ) {
        let held = Held(owner)
        start(name) {
            held.use(body)
            ended.advance(to: 1)
        }
    }

    /// Does `work` for 0, 1, 2 … below `count`, begun in that order, on the calling thread and on as many others as keep all
    /// processors busy. Returns when all is done, and nothing keeps what `work` holds.
    package static func divide(_ count: Int, _ work: @escaping @Sendable (Int) -> Void) {
        let turns = Turns(count, work)
        let done = DispatchGroup()
        for _ in 1..<max(1, min(count, ProcessInfo.processInfo.activeProcessorCount)) {
            done.enter()
            start("daybook-helper") {
                while turns.takeOne() {}
                done.leave()
            }
        }
        while turns.takeOne() {}
        done.wait()
        turns.end()
    }

    private final class Held<Owner: AnyObject & Sendable>: Sendable {
        private let owner: Mutex<Owner?>

        init(_ owner: Owner) { self.owner = Mutex(owner) }

        @inline(never) func use(_ body: (Owner) -> Void) {
            let taken = owner.withLock { owner in
                defer { owner = nil }
                return owner
            }
            if let taken { body(taken) }
        }
    }

    /// Each number once.
    private final class Turns: Sendable {
        // No tuple: a function within one is wrapped once more each time that it passes through a generic such as Mutex.
        private struct State {
            var begun = 0
            var work: (@Sendable (Int) -> Void)?
        }

        private let state: Mutex<State>
        private let count: Int

        init(_ count: Int, _ work: @escaping @Sendable (Int) -> Void) {
            self.count = count
            state = Mutex(State(work: work))
        }

        /// False where there is none left.
        @inline(never) func takeOne() -> Bool {
            let (turn, work) = state.withLock { state in
                defer { state.begun += 1 }
                return (state.begun, state.begun < count ? state.work : nil)
            }
            work?(turn)
            return work != nil
        }

        func end() { state.withLock { $0.work = nil } }
    }

    /// Lowers the calling thread, and those that it starts from now on. Nothing happens where the thread is lower already.
    package static func lowerPriority() {
        // On Linux 0 is the calling thread, not its process.
        let present = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
        // It can fail only where it would raise the priority.
        _ = daybook_set_turns(max(niceness, present), turn)
    }
}
