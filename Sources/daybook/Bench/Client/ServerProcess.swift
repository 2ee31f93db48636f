import Foundation

/// This program, run as a server of its own on free ports.
final class ServerProcess {
    private let process = Process()
    private let output = Pipe()
    /// Of the command API.
    let port: Int

    var id: Int32 { process.processIdentifier }

    /// Returns when it listens.
    ///
    /// - Throws: `Failure` where it ends before.
    init(_ arguments: [String]) throws {
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["DAYBOOK_LOG_LEVEL": "warning"]) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        try process.run()
        var printed = ""
        while true {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw Failure(.check, "The server did not start: \(arguments) \(printed)") }
            printed += String(decoding: more, as: UTF8.self)
            if let port = Self.port(in: printed) {
                self.port = port
                return
            }
        }
    }

    /// A shop's server on this directory.
    ///
    /// - Parameter log: the URL of the log, where it is shared.
    static func serving(_ directory: String, roles: String, log: String? = nil) throws -> ServerProcess {
        let shared = log.map { ["--log", $0] } ?? []
        return try ServerProcess(
            ["serve", "--data", directory, "--roles", roles, "--command-port", "0", "--query-port", "0"] + shared)
    }

    deinit { kill() }

    /// Of a whole line `command API on http://127.0.0.1:PORT`.
    static func port(in output: String) -> Int? {
        let lines = output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return lines.first { $0.hasPrefix("command API on ") }.flatMap { $0.split(separator: ":").last }.flatMap {
            Int($0)
        }
    }

    /// Has it end as Ctrl-C would.
    ///
    /// - Throws: `Failure` where it ends with anything but 0.
    func stop() throws {
        Glibc.kill(id, SIGTERM)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(.check, "The server ended with \(process.terminationStatus).")
        }
    }

    /// kill -9.
    func kill() {
        guard process.isRunning else { return }
        Glibc.kill(id, SIGKILL)
        process.waitUntilExit()
    }
}
