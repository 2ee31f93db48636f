package import EventStore
import Foundation
package import Logging
import TestTools

/// A data directory that lasts as long as the test holds it.
package final class DataDirectory: Sendable {
    package let path: String

    package init() throws {
        let url = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("daybook-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Opens the store and its Writer for as long as `body` runs, and returns when both are closed.
    @discardableResult
    package func open<R>(
        _ options: Writer.Options = Writer.Options(), _ body: (Store, Writer) async throws -> R
    ) async throws -> R {
        let closing = Closing()
        let result = await opened(options, closing, body)
        try await closing.isDone()
        return try result.get()
    }

    private func opened<R>(
        _ options: Writer.Options, _ closing: Closing, _ body: (Store, Writer) async throws -> R
    ) async -> Result<R, any Error> {
        do {
            let store = closing.watch(try Store(directory: path, access: .readWrite))
            let writer = store.startWriter(options, logger: .silent)
            let result: Result<R, any Error>
            do { result = .success(try await body(store, writer)) } catch { result = .failure(error) }
            await writer.stop()
            return result
        } catch {
            return .failure(error)
        }
    }
}

/// LMDB opens a directory once in a process, and threads let go of a store a moment after they were stopped.
private final class Closing {
    private weak var log: EventLog?
    private weak var index: LogIndex?
    private weak var keyring: Keyring?

    func watch(_ store: Store) -> Store {
        log = store.log
        index = store.index
        keyring = store.keyring
        return store
    }

    func isDone() async throws {
        try await until { log == nil && index == nil && keyring == nil }
    }
}

extension Logger {
    package static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
