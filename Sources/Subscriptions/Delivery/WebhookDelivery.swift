import Curl
import EventStore
import Foundation
import Logging

/// Sends events to one webhook, one after another, until the task is cancelled.
struct WebhookDelivery {
    private let name: String
    private let store: Store
    private let subscriptions: SubscriptionStore
    private let plan: RetryPlan
    private let logger: Logger
    private let thread = SendingThread()
    private static let idle = Duration.milliseconds(500)

    init(
        _ name: String, _ store: Store, _ subscriptions: SubscriptionStore, _ plan: RetryPlan, _ logger: Logger
    ) {
        self.name = name
        self.store = store
        self.subscriptions = subscriptions
        self.plan = plan
        self.logger = logger
    }

    func run() async {
        while !Task.isCancelled {
            do {
                try await step()
            } catch is CancellationError {
                break
            } catch {
                logger.error("a webhook can't go on", metadata: ["webhook": "\(name)", "error": "\(error)"])
                try? await Task.sleep(for: Self.idle)
            }
        }
    }

    /// Delivers what there is, up to a page, or waits for something.
    private func step() async throws {
        guard let subscription = try subscriptions.subscription(name), let webhook = subscription.webhook,
            var progress = try subscriptions.progress(name), !subscription.isPaused,
            goesOn(&progress, resumedAt: subscription.resumedAt)
        else { return try await Task.sleep(for: Self.idle) }
        let position = Position(rawValue: progress.position)
        let page = try EventFeed(store).page(after: position, limit: 100, subscription.filter)
        for event in page.events {
            if let failure = try await deliver(event, to: webhook, &progress) {
                return try await wait(after: failure, of: event.record.position, subscription, &progress)
            }
        }
        if page.events.isEmpty, page.through > position {
            try subscriptions.acknowledge(name, page.through)
        } else if page.isAtEnd {
            // Rung by this process's Writer; looked at now and then because another process may be the writer.
            _ = await store.log.head.reached(page.through.rawValue + 1, within: Self.idle)
            try store.log.refreshHead()
        }
    }

    /// Whether it may be tried: not where it was given up, unless an operator had it go on since.
    private func goesOn(_ progress: inout SubscriptionProgress, resumedAt: Date) -> Bool {
        guard let pausedAt = progress.pausedAt else { return true }
        guard resumedAt > pausedAt else { return false }
        progress = SubscriptionProgress(position: progress.position)
        return true
    }

    /// Why it failed; nil where it did not.
    private func deliver(
        _ event: Recorded, to webhook: Subscription.Webhook, _ progress: inout SubscriptionProgress
    ) async throws -> Failure? {
        let message = WebhookMessage(event)
        let answer: HTTPSender.Answer
        do {
            answer = try await thread.post(
                message.body, to: webhook.url, message.fields(secrets: webhook.secrets, now: Date()),
                within: plan.timeout)
        } catch let error as HTTPFailure {
            try Task.checkCancellation()
            return Failure(reason: error.description)
        }
        guard (200..<300).contains(answer.status) else { return Failure(answer) }
        progress = try subscriptions.acknowledge(name, event.record.position)
        return nil
    }

    /// Writes the failure down, and waits until it is time to try again.
    private func wait(
        after failure: Failure, of position: Position, _ subscription: Subscription,
        _ progress: inout SubscriptionProgress
    ) async throws {
        progress.failures += 1
        progress.failingSince = progress.failingSince ?? Date()
        progress.lastFailure = failure.reason
        let isOver = failure.isFinal || Date().timeIntervalSince(progress.failingSince ?? Date()) > plan.patience
        if isOver {
            progress.pausedBecause = "Position \(position) could not be delivered: \(failure.reason)"
            progress.pausedAt = Date()
        }
        try subscriptions.save(progress, of: name)
        logger.warning(
            isOver ? "a webhook is paused" : "an event was not delivered",
            metadata: [
                "webhook": "\(name)", "position": "\(position)", "failures": "\(progress.failures)",
                "reason": "\(failure.reason)",
            ])
        guard !isOver else { return }
        let delay = plan.delay(after: progress.failures, random: .random(in: 0...1))
        let end = ContinuousClock.now + min(max(delay, failure.retryAfter ?? .zero), plan.delayMax)
        // What an operator changes holds at once.
        while ContinuousClock.now < end, try subscriptions.subscription(name) == subscription {
            try await Task.sleep(for: min(Self.idle, end - .now))
        }
    }

    /// Why an event was not taken.
    private struct Failure {
        let reason: String
        /// Nobody is there any more, and said so.
        var isFinal = false
        var retryAfter: Duration?

        init(reason: String) { self.reason = reason }

        init(_ answer: HTTPSender.Answer) {
            reason = "it answered \(answer.status)"
            isFinal = answer.status == 410
            retryAfter = answer.retryAfterSeconds.map { .seconds($0) }
        }
    }
}
