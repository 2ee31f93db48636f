import Foundation

/// A thread for work that nobody waits for at this moment: where the processors are busy it leaves the most of them to
/// the threads that answer clients, and takes what they don't need.
package enum BackgroundThread {
    /// A tenth of the weight of a thread that answers (setpriority(2); each step takes a fifth of it away). Not less: what is
    /// fed by such a thread must keep up, too.
    private static let niceness: Int32 = 10

    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread {
            lowerPriority()
            body()
        }
        thread.name = name
        thread.start()
    }

    /// Lowers the calling thread, and those that it starts from now on. Nothing happens where the thread is lower already.
    package static func lowerPriority() {
        let which = __priority_which_t(PRIO_PROCESS.rawValue)
        // On Linux 0 is the calling thread, not its process. It can fail only where it would raise the priority.
        _ = setpriority(which, 0, max(niceness, getpriority(which, 0)))
    }
}
