package import EventStore
package import Foundation
import Ledger

/// Somebody outside who takes events in at their own pace: which ones, and how they come to them.
package struct Subscription: Codable, Equatable, Sendable {
    /// Where each event is sent to, in order; nil where whoever subscribed asks for them.
    package struct Webhook: Codable, Equatable, Sendable {
        package var url: String
        /// With which messages are signed, the newest first; an older one is used beside it until it is dropped.
        package var secrets: [WebhookSecret]
    }

    package let name: String
    /// Names of event types; all where there are none.
    package var types: [String]
    /// A stream's name; all where nil.
    package var stream: String?
    package var webhook: Webhook?
    /// Nothing is sent while it is.
    package var isPaused = false
    /// When an operator last had it go on.
    package var resumedAt: Date

    package init(name: String, types: [String] = [], stream: String? = nil, webhookURL: String? = nil)
        throws(InvalidSubscription)
    {
        guard Self.isName(name) else {
            throw InvalidSubscription("\"\(name)\" is no name: up to 64 small letters, digits and hyphens.")
        }
        for type in types where EventType(name: type) == nil {
            throw InvalidSubscription(
                "\"\(type)\" is no type of events. There are: \(EventType.current.map(\.name).joined(separator: ", "))."
            )
        }
        if let stream, StreamName(stream) == nil {
            throw InvalidSubscription("\"\(stream)\" is no stream. Streams are named like stock-85123A.")
        }
        if let webhookURL { try Self.check(webhookURL) }
        self.name = name
        self.types = types
        self.stream = stream
        webhook = webhookURL.map { Webhook(url: $0, secrets: [WebhookSecret.random()]) }
        resumedAt = Date()
    }

    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(isNameByte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }

    private static func check(_ text: String) throws(InvalidSubscription) {
        guard let url = URL(string: text), ["http", "https"].contains(url.scheme), url.host?.isEmpty == false else {
            throw InvalidSubscription("\"\(text)\" is no address to send to, such as https://shop.example/hooks.")
        }
    }

    package var filter: EventFeed.Filter {
        EventFeed.Filter(types: Set(types.compactMap(EventType.init(name:))), stream: stream.flatMap(StreamName.init))
    }
}

/// How far a subscription has come.
package struct SubscriptionProgress: Codable, Equatable, Sendable {
    /// Everything up to here was taken.
    package var position: UInt64
    /// How often in a row the next event could not be delivered.
    package var failures = 0
    package var failingSince: Date?
    package var lastFailure: String?
    /// Why nothing more is tried until an operator has it go on.
    package var pausedBecause: String?
    package var pausedAt: Date?

    package init(position: UInt64) { self.position = position }
}

/// For people.
package struct InvalidSubscription: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
