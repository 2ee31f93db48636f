import Foundation
import Synchronization
import TestTools

/// The built program, run as a user would.
struct Program {
    struct Result {
        let status: Int32
        let output: String
        let errors: String
    }

    struct NotBuilt: Error {}

    /// Beside the tests' own executable.
    static var executable: URL {
        get throws {
            let beside = Bundle.main.executableURL?.deletingLastPathComponent().appending(path: "daybook")
            let places = [beside, Bundle.main.bundleURL.appending(path: "daybook")].compactMap(\.self)
            guard let found = places.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) }) else {
                throw NotBuilt()
            }
            return found
        }
    }

    /// Runs to the end. Output goes through files, so that no pipe fills up.
    static func run(_ arguments: [String], input: String? = nil, in directory: String) throws -> Result {
        let child = try Child(arguments, input: input, in: directory)
        child.waitUntilEnd()
        return Result(status: child.status, output: child.output, errors: child.errors)
    }
}

/// A run of the program that goes on.
final class Child: Sendable {
    private let process = Process()
    private let outputPath: String
    private let errorsPath: String
    private let ended = DispatchSemaphore(value: 0)

    init(_ arguments: [String], input: String? = nil, in directory: String) throws {
        let name = UUID().uuidString
        outputPath = "\(directory)/\(name).out"
        errorsPath = "\(directory)/\(name).err"
        for path in [outputPath, errorsPath] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        process.executableURL = try Program.executable
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: directory)
        process.standardInput =
            try input.map { try FileHandle(forReadingFrom: URL(filePath: $0)) } ?? FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: outputPath)
        process.standardError = FileHandle(forWritingAtPath: errorsPath)
        process.terminationHandler = { [ended] _ in ended.signal() }
        try Lifeline.unblockingSignals { try process.run() }
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }
    var errors: String { (try? String(contentsOfFile: errorsPath, encoding: .utf8)) ?? "" }
    var status: Int32 { process.terminationStatus }
    var isRunning: Bool { process.isRunning }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    func waitUntilEnd() {
        ended.wait()
        ended.signal()
        process.waitUntilExit()
    }

    /// Ends when it has ended by itself or the time is over; true for the former.
    func ends(within seconds: Double) -> Bool {
        guard ended.wait(timeout: .now() + seconds) == .success else { return false }
        ended.signal()
        return true
    }

    /// Waits until what the program printed has `text`; the program's end ends the wait.
    func printed(_ text: String) -> Bool {
        while !output.contains(text) {
            if ends(within: 0.02) { return output.contains(text) }
        }
        return true
    }
}

/// `daybook serve` on free ports.
final class Server: Sendable {
    let child: Child
    /// Empty where it takes none.
    let commands: String
    let queries: String

    struct NotServing: Error, CustomStringConvertible {
        let description: String
    }

    convenience init(data: String, in directory: String, _ more: [String] = []) throws {
        try self.init(
            Child(["serve", "--data", data, "--command-port", "0", "--query-port", "0"] + more, in: directory),
            once: "query API on ")
    }

    /// One that stood by, when it leads.
    func leading() throws -> Server { try Server(child, once: "command API on ") }

    private init(_ child: Child, once text: String) throws {
        self.child = child
        guard child.printed(text), let queries = Self.url("query", child.output) else {
            throw NotServing(description: child.output + child.errors)
        }
        commands = Self.url("command", child.output) ?? ""
        self.queries = queries
    }

    private static func url(_ role: String, _ output: String) -> String? {
        output.split(separator: "\n").last { $0.hasPrefix("\(role) API on ") }.map {
            String($0.dropFirst("\(role) API on ".count))
        }
    }

    /// Stops it as Ctrl-C would, and returns its exit code.
    func stop() -> Int32 {
        child.send(SIGINT)
        child.waitUntilEnd()
        return child.status
    }
}

/// A directory that is removed with its value.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "daybook-" + UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
