package import EventStore
import Foundation
package import Logging

/// Sends events to webhooks: each gets its own in the order of the log, one after another, each at least once. What can't be
/// delivered is tried again, and after long given up on as a whole, never left out.
///
/// Events are taken from the log alone, behind what was delivered: neither a rebuild nor a replay sends anything.
package struct Deliverer: Sendable {
    private let store: Store
    private let subscriptions: SubscriptionStore
    private let plan: RetryPlan
    private let logger: Logger
    private let lock: DirectoryLock
    /// How often it looks what operators changed.
    private static let lookEvery = Duration.milliseconds(500)

    /// - Throws: `EventStoreError.directory` where another process delivers.
    package init(store: Store, plan: RetryPlan = RetryPlan(), logger: Logger) throws {
        self.store = store
        self.plan = plan
        self.logger = logger
        subscriptions = SubscriptionStore(in: store.directory)
        lock = try subscriptions.lock()
    }

    /// Delivers until the task is cancelled. What is on its way then is sent again by whoever delivers next.
    package func run() async {
        await withTaskGroup { group in
            var running: Set<String> = []
            while !Task.isCancelled {
                for name in webhooks() where running.insert(name).inserted {
                    group.addTask { await WebhookDelivery(name, store, subscriptions, plan, logger).run() }
                }
                try? await Task.sleep(for: Self.lookEvery)
            }
            group.cancelAll()
        }
        withExtendedLifetime(lock) {}
    }

    private func webhooks() -> [String] {
        do {
            return try subscriptions.all().filter { $0.webhook != nil }.map(\.name)
        } catch {
            logger.error("the subscriptions can't be read", metadata: ["error": "\(error)"])
            return []
        }
    }
}
