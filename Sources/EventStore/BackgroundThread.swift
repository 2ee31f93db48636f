import CScheduling
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

    /// Does `work` for 0, 1, 2 … below `count`, begun in that order, on the calling thread and on as many others as keep all
    /// processors busy. Returns when all is done.
    package static func divide(_ count: Int, _ work: @escaping @Sendable (Int) -> Void) {
        let turns = Turns(count)
        let done = DispatchGroup()
        for _ in 1..<max(1, min(count, ProcessInfo.processInfo.activeProcessorCount)) {
            done.enter()
            start("daybook-helper") {
                while let turn = turns.next() { work(turn) }
                done.leave()
            }
        }
        while let turn = turns.next() { work(turn) }
        done.wait()
    }

    /// Each number once.
    private final class Turns: Sendable {
        private let begun = Mutex(0)
        private let count: Int

        init(_ count: Int) { self.count = count }

        func next() -> Int? {
            begun.withLock { begun in
                defer { begun += 1 }
                return begun < count ? begun : nil
            }
        }
    }

    /// Lowers the calling thread, and those that it starts from now on. Nothing happens where the thread is lower already.
    package static func lowerPriority() {
        // On Linux 0 is the calling thread, not its process.
        let present = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
        // It can fail only where it would raise the priority.
        _ = daybook_set_turns(max(niceness, present), turn)
    }
}
