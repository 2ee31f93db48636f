import EventStore
import Foundation
import LMDB
import Logging
import TestTools
import Testing

@testable import EventStore

/// A data directory that lasts as long as the test holds it.
final class TemporaryData: Sendable {
    let path: String
    /// Where the log is, if not here alone.
    let postgresURL: String?

    init(in parent: String = NSTemporaryDirectory(), postgresURL: String? = nil) throws {
        self.postgresURL = postgresURL
        let url = URL(fileURLWithPath: parent).appendingPathComponent("daybook-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Opens the store for as long as `body` runs, and returns when it is closed.
    @discardableResult
    func open<R>(_ access: Store.Access = .readWrite, _ body: (Store) async throws -> R) async throws -> R {
        try await Self.open(path, access, postgresURL: postgresURL, body)
    }

    /// Opens the store, runs its Writer for as long as `body` runs, stops it and closes the store.
    @discardableResult
    func write<R>(
        _ options: Writer.Options = Writer.Options(), _ body: (Store, Writer) async throws -> R
    ) async throws -> R {
        try await Self.write(path, options, postgresURL: postgresURL, body)
    }

    /// For a child process, which has the path alone.
    @discardableResult
    static func open<R>(
        _ path: String, _ access: Store.Access = .readWrite, postgresURL: String? = nil,
        _ body: (Store) async throws -> R
    ) async throws -> R {
        let result: Result<R, any Error>
        do {
            result = .success(try await body(try Store(directory: path, access: access, postgresURL: postgresURL)))
        } catch {
            result = .failure(error)
        }
        for part in ["log", "index", "keys"] { try await awaitClosing(of: path + "/" + part) }
        if access == .readWrite { awaitLock(of: path) }
        return try result.get()
    }

    @discardableResult
    static func write<R>(
        _ path: String, _ options: Writer.Options = Writer.Options(), postgresURL: String? = nil,
        _ body: (Store, Writer) async throws -> R
    ) async throws -> R {
        try await open(path, postgresURL: postgresURL) { store in
            let writer = store.startWriter(options, logger: .silent)
            let result: Result<R, any Error>
            do { result = .success(try await body(store, writer)) } catch { result = .failure(error) }
            await writer.stop()
            return try result.get()
        }
    }

    /// LMDB opens a directory once in a process, and a Writer's thread lets go of it a moment after `stop` returned.
    private static func awaitClosing(of directory: String) async throws {
        func isOpen() -> Bool {
            do { _ = try Environment(directory: directory) } catch { return error == .openTwice }
            return false
        }
        try await until { !isOpen() }
    }

    /// A child process that another test starts at this moment holds the lock with this one, until it runs its program.
    private static func awaitLock(of path: String) {
        let descriptor = Glibc.open(path + "/lock", O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        flock(descriptor, LOCK_EX)
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// The file or directory of the data directory: `log/data.mdb`.
    func file(_ name: String) -> String { path + "/" + name }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: file(name)) }

    func copy(_ name: String, to copy: String) throws {
        try? FileManager.default.removeItem(atPath: file(copy))
        try FileManager.default.copyItem(atPath: file(name), toPath: file(copy))
    }

    func bytes(of name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: file(name)))) }

    /// Writes into the file as it is, without making it anew.
    func overwrite(_ name: String, _ change: (inout [UInt8]) -> Void) throws {
        var bytes = try bytes(of: name)
        change(&bytes)
        let handle = try #require(FileHandle(forWritingAtPath: file(name)))
        try handle.write(contentsOf: bytes)
        try handle.truncate(atOffset: UInt64(bytes.count))
        try handle.close()
    }

    /// The log, index or keys as LMDB sees them, past the store.
    func environment(_ name: String) throws -> Environment {
        try FileManager.default.createDirectory(atPath: file(name), withIntermediateDirectories: true)
        return try Environment(directory: file(name))
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

extension TemporaryData {
    /// Leaves nothing in the place of every key.
    func eraseEveryPerson() throws {
        let keys = try environment("keys")
        let persons = try keys.database(named: "persons")
        try keys.write { transaction in
            var known: [[UInt8]] = []
            try transaction.scan(persons) { key, _ in
                known.append(key.withUnsafeBytes { Array($0) })
                return true
            }
            for key in known { try transaction.put(persons, key: key, value: []) }
        }
    }
}
