package import EventStore
import Foundation
import Synchronization

/// The subscriptions of a data directory, in `subscriptions/`: `NAME.json`, which operators change, and `NAME.progress.json`, which
/// whoever delivers does. Each is written in one step, durably.
package struct SubscriptionStore: Sendable {
    private let directory: String

    package init(in dataDirectory: String) { directory = dataDirectory + "/subscriptions" }

    /// By name, in order.
    package func all() throws -> [Subscription] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return try names.filter { $0.hasSuffix(".json") && !$0.hasSuffix(".progress.json") }.sorted()
            .compactMap { try subscription(String($0.dropLast(".json".count))) }
    }

    /// Nil where there is none, as there is of what is no name.
    package func subscription(_ name: String) throws -> Subscription? {
        Subscription.isName(name) ? try load(path(name)) : nil
    }

    package func progress(_ name: String) throws -> SubscriptionProgress? {
        Subscription.isName(name) ? try load(progressPath(name)) : nil
    }

    /// - Throws: `InvalidSubscription` where there is one of that name.
    package func add(_ subscription: Subscription, from position: Position) throws {
        guard try self.subscription(subscription.name) == nil else {
            throw InvalidSubscription(
                "There is a subscription \"\(subscription.name)\" already. Remove it first, or choose another name.")
        }
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        // Its progress first: a subscription without one would not know where to begin.
        try write(SubscriptionProgress(position: position.rawValue), to: progressPath(subscription.name))
        try write(subscription, to: path(subscription.name))
    }

    /// - Throws: `InvalidSubscription` where there is none.
    package func change(_ name: String, _ body: (inout Subscription) throws -> Void) throws {
        guard var subscription = try subscription(name) else { throw Self.unknown(name) }
        try body(&subscription)
        try write(subscription, to: path(name))
    }

    /// - Throws: `InvalidSubscription` where there is none.
    package func remove(_ name: String) throws {
        guard try subscription(name) != nil else { throw Self.unknown(name) }
        try FileManager.default.removeItem(atPath: path(name))
        try? FileManager.default.removeItem(atPath: progressPath(name))
    }

    /// Writes down that everything up to a position was taken. A smaller one than before changes nothing.
    ///
    /// - Returns: how far it is now.
    @discardableResult
    package func acknowledge(_ name: String, _ position: Position) throws -> SubscriptionProgress {
        guard var progress = try progress(name) else { throw Self.unknown(name) }
        guard position.rawValue > progress.position else { return progress }
        progress = SubscriptionProgress(position: position.rawValue)
        try save(progress, of: name)
        return progress
    }

    func save(_ progress: SubscriptionProgress, of name: String) throws {
        // Removed meanwhile: nothing of it is to come back.
        guard try subscription(name) != nil else { return }
        try write(progress, to: progressPath(name))
    }

    /// Held by the process that delivers.
    func lock() throws -> DirectoryLock {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return try DirectoryLock(directory: directory, use: "delivers to the webhooks in")
    }

    private func path(_ name: String) -> String { "\(directory)/\(name).json" }
    private func progressPath(_ name: String) -> String { "\(directory)/\(name).progress.json" }

    private func load<Value: Decodable>(_ path: String) throws -> Value? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return try JSONDecoder().decode(Value.self, from: data)
    }

    private func write(_ value: some Encodable, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try DurableFile.write(String(decoding: try encoder.encode(value), as: UTF8.self), to: path)
    }

    private static func unknown(_ name: String) -> InvalidSubscription {
        InvalidSubscription("There is no subscription \"\(name)\". See daybook subscription list.")
    }
}
