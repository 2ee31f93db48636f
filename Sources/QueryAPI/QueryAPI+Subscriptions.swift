import EventStore
import Foundation
import HTTPService
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Subscriptions

/// For those who take events in at their own pace, and have us remember how far they are.
extension QueryAPI {
    private typealias Operation = HTTPService.Operation

    static var subscriptionOperations: [HTTPService.Operation] { [nextOperation, positionOperation] }

    private static let nextOperation = Operation(
        "GET", "/subscriptions/{name}/events",
        "The next events of a subscription, in order: those that come until others are acknowledged.",
        parameters: [
            Operation.Parameter("name", in: .path, "As an operator named it (daybook subscription add)."),
            Operation.Parameter("limit", "1 to 1,000; 100 where not given."), positionParameter,
        ], errors: [400, 404, 503])

    private static let positionOperation = Operation(
        "POST", "/subscriptions/{name}/position",
        "Acknowledges all events up to a position. A smaller one than before changes nothing; durable when it is answered.",
        parameters: [Operation.Parameter("name", in: .path, "As an operator named it.")],
        body: [Field("position", .integer, "Of the last event that was taken in.")],
        errors: [400, 404, 422])

    func addSubscriptionRoutes(to router: Router<BasicRequestContext>) {
        router.get("/subscriptions/:name/events") { request, context in
            let parameters = try QueryParameters(request, known: Self.nextOperation.queryNames)
            let limit = Int(try parameters.integer("limit", in: 1...1_000) ?? 100)
            let (subscription, progress) = try subscription(try context.part("name"))
            try await waitForLog(request)
            return try await page(
                EventFeed(store), after: Position(rawValue: progress.position), limit: limit, subscription.filter)
        }
        router.post("/subscriptions/:name/position") { request, context in
            _ = try QueryParameters(request, known: [])
            let (subscription, _) = try subscription(try context.part("name"))
            let position = try Self.position(try await request.body.collect(upTo: 1_024))
            let head = try store.log.refreshHead()
            guard position <= head else {
                throw Problem(
                    .unprocessableContent, "position_ahead",
                    "The log ends at position \(head); nobody can have taken \(position) in.", pointer: "/position")
            }
            let progress = try SubscriptionStore(in: store.directory).acknowledge(subscription.name, position)
            return Response.json(JSONWriter.object { $0.field("position", Int64(progress.position)) })
        }
    }

    private func subscription(_ name: String) throws -> (Subscription, SubscriptionProgress) {
        let subscriptions = SubscriptionStore(in: store.directory)
        guard let subscription = try subscriptions.subscription(name), let progress = try subscriptions.progress(name)
        else {
            throw Problem.notFound(
                "unknown_subscription",
                "There is no subscription \"\(name)\". Operators add one by daybook subscription add.")
        }
        return (subscription, progress)
    }

    /// `{"position": 1042}`.
    private static func position(_ body: ByteBuffer) throws -> Position {
        let document: JSONDocument
        do {
            document = try JSONDocument(Array(body.readableBytesView))
        } catch {
            throw Problem.badRequest("invalid_json", "The body is not JSON: \(error)")
        }
        let names = document.root.fields.map { $0.name.text ?? "" }
        guard names == ["position"], let number = document.root.field("position")?.wholeNumber, number >= 0 else {
            throw Problem(
                .unprocessableContent, "invalid_position",
                "The body is {\"position\": …} with a whole number, and nothing else.",
                pointer: "/position")
        }
        return Position(rawValue: UInt64(number))
    }
}

/// A subscription, and how far it is.
struct SubscriptionState {
    let subscription: Subscription
    let progress: SubscriptionProgress

    func lag(behind head: Position) -> UInt64 {
        head.rawValue > progress.position ? head.rawValue - progress.position : 0
    }

    /// Nil where it goes on.
    var pausedBecause: String? {
        if subscription.isPaused { return "An operator paused it." }
        guard let pausedAt = progress.pausedAt, pausedAt > subscription.resumedAt else { return nil }
        return progress.pausedBecause
    }

    func write(to writer: inout JSONWriter, head: Position) {
        writer.object { writer in
            writer.field("name", subscription.name)
            writer.field("webhook", subscription.webhook?.url)
            writer.field("position", Int64(progress.position))
            writer.field("lag", Int64(lag(behind: head)))
            writer.field("failures", Int64(progress.failures))
            writer.field("lastFailure", progress.lastFailure)
            writer.field("pausedBecause", pausedBecause)
        }
    }
}

extension QueryAPI {
    func subscriptionStates() throws -> [SubscriptionState] {
        let subscriptions = SubscriptionStore(in: store.directory)
        return try subscriptions.all().compactMap { subscription in
            try subscriptions.progress(subscription.name).map {
                SubscriptionState(subscription: subscription, progress: $0)
            }
        }
    }
}
