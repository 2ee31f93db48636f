import Foundation

/// A thread for work that nobody waits for at this moment: where the processors are busy it leaves the most of them to
/// the threads that answer clients, and takes what they don't need.
package enum BackgroundThread {
    /// A tenth of the weight of a thread that answers (setpriority(2); each step takes a fifth of it away). Not less: what is
    /// fed by such a thread must keep up, too.
    private static let niceness: Int32 = 10

    /// `SCHED_IDLE` of sched(7), a macro that Swift does not see.
    private static let idlePolicy: Int32 = 5

    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread {
            lowerPriority()
            body()
        }
        thread.name = name
        thread.start()
    }

    /// Has the calling thread, and those that it starts from now on, take only what no other thread of the machine wants
    /// (`SCHED_IDLE`, sched(7)): for an audit beside a server, which may take as long as it takes.
    package static func takeLeftovers() {
        lowerPriority()
        var parameters = sched_param()
        // It can fail only where the machine forbids threads to ask for less; then the lower priority is what there is.
        _ = sched_setscheduler(0, idlePolicy, &parameters)
    }

    /// Nothing happens where the thread is lower already.
    private static func lowerPriority() {
        let which = __priority_which_t(PRIO_PROCESS.rawValue)
        // On Linux 0 is the calling thread, not its process. It can fail only where it would raise the priority.
        _ = setpriority(which, 0, max(niceness, getpriority(which, 0)))
    }
}
