import ArgumentParser
import EventStore
import Foundation
import Subscriptions

struct SubscriptionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscription",
        abstract: "Who outside takes events in, and how far they are.",
        discussion: """
            A subscription remembers how far its subscriber is. Events come in the order of the log, each at least once; what was
            taken already is known by its position.

              daybook subscription add billing --type order.placed --type order.paid
                  asks for its events itself: GET /subscriptions/billing/events, and says how far it is by
                  POST /subscriptions/billing/position {"position": 1042}

              daybook subscription add erp --webhook https://erp.example/hooks
                  is sent them, signed as Standard Webhooks has it; the secret is printed once

              daybook subscription list
              daybook subscription pause erp, resume erp, rotate erp, remove erp

            What can't be delivered is tried again, later each time, for three days; then the webhook is paused and listed so,
            and goes on where it was when it is resumed.
            """,
        subcommands: [Add.self, List.self, Pause.self, Resume.self, Rotate.self, Remove.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Begin a subscription, behind the newest event.")
        @OptionGroup var data: DataOption
        @Argument(help: "Its name.") var name: String
        @Option(help: "Where events are sent to; without, they are asked for.") var webhook: String?
        @Option(help: "Only events of this type; may be given several times.") var type: [String] = []
        @Option(help: "Only events of this stream.") var stream: String?
        @Option(help: "Begin behind this position instead; 0 is the whole history.") var after: UInt64?

        func run() async throws {
            let store = try Store(directory: try await data.directory, access: .readOnly)
            let subscription = try asked {
                try Subscription(name: name, types: type, stream: stream, webhookURL: webhook)
            }
            let head = store.log.headPosition
            let begin = after.map { min(Position(rawValue: $0), head) } ?? head
            try asked { try SubscriptionStore(in: store.directory).add(subscription, from: begin) }
            print("\(name) begins behind position \(begin)")
            if let secret = subscription.webhook?.secrets.first { print("its messages are signed with \(secret)") }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show each, how far it is, and what keeps it.")
        @OptionGroup var data: DataOption

        func run() async throws {
            let store = try Store(directory: try await data.directory, access: .readOnly)
            let subscriptions = SubscriptionStore(in: store.directory)
            for subscription in try subscriptions.all() {
                guard let progress = try subscriptions.progress(subscription.name) else { continue }
                show(subscription, progress, head: store.log.headPosition.rawValue)
            }
        }

        private func show(_ subscription: Subscription, _ progress: SubscriptionProgress, head: UInt64) {
            let lag = head > progress.position ? head - progress.position : 0
            var words = ["position \(Terminal.grouped(progress.position)), \(Terminal.grouped(lag)) behind"]
            if let webhook = subscription.webhook { words.append("sent to \(webhook.url)") }
            if !subscription.types.isEmpty { words.append(subscription.types.joined(separator: " ")) }
            if let stream = subscription.stream { words.append(stream) }
            print("\(subscription.name)  \(words.joined(separator: "; "))")
            if subscription.isPaused { print("    paused by an operator") }
            if let reason = progress.pausedBecause, progress.pausedAt.map({ $0 > subscription.resumedAt }) ?? false {
                print("    paused: \(reason). See to it, and then daybook subscription resume \(subscription.name)")
            } else if let failure = progress.lastFailure {
                print("    \(progress.failures) tries in a row failed: \(failure)")
            }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Send nothing for a while.")
        @OptionGroup var chosen: ChosenSubscription

        func run() async throws { try await chosen.change { $0.isPaused = true } }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Go on where it was.")
        @OptionGroup var chosen: ChosenSubscription

        func run() async throws {
            try await chosen.change {
                $0.isPaused = false
                $0.resumedAt = Date()
            }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign with a new secret, and with the one before, too, until the next rotation.")
        @OptionGroup var chosen: ChosenSubscription

        func run() async throws {
            let secret = WebhookSecret.random()
            try await chosen.change { subscription in
                guard let secrets = subscription.webhook?.secrets else {
                    throw Failure(.usage, "\(subscription.name) is no webhook, and has no secret.")
                }
                subscription.webhook?.secrets = [secret] + secrets.prefix(1)
            }
            print("messages are signed with \(secret), and with the secret before")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a subscription, and forget how far it was.")
        @OptionGroup var chosen: ChosenSubscription

        func run() async throws {
            let (store, name) = (try await chosen.store(), chosen.name)
            try asked { try store.remove(name) }
        }
    }
}

/// The name of a subscription that is there.
struct ChosenSubscription: ParsableArguments {
    @OptionGroup var data: DataOption
    @Argument(help: "Its name.") var name: String

    func store() async throws -> SubscriptionStore {
        SubscriptionStore(in: try Store(directory: try await data.directory, access: .readOnly).directory)
    }

    func change(_ body: (inout Subscription) throws -> Void) async throws {
        let store = try await store()
        try asked { try store.change(name, body) }
    }
}

/// What is wrong with what was asked for is wrong usage.
private func asked<R>(_ body: () throws -> R) throws -> R {
    do {
        return try body()
    } catch let error as InvalidSubscription {
        throw Failure(.usage, error.description)
    }
}
