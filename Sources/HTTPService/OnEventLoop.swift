import HummingbirdCore
import Logging
import NIOCore

/// A channel whose connections are answered on their own event loops, rather than on the threads that all tasks share.
///
/// A request read on a loop and answered there changes threads only to wait for others. What takes long must go elsewhere by
/// `withTaskExecutorPreference(globalConcurrentExecutor)`, for the loop's other connections wait meanwhile.
struct OnEventLoop<Base: ServerChildChannel>: ServerChildChannel {
    private let base: Base

    init(_ base: Base) { self.base = base }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        base.setup(channel: channel, logger: logger)
    }

    func handle(value: Base.Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
            await base.handle(value: value, logger: logger)
        }
    }
}

/// Runs tasks on an event loop, in the order in which they come.
private final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // The executor is held by the closure: a task's last job may come when nobody else holds it any more.
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
