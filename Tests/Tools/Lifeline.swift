import Foundation

/// A shell script that lives as long as a pipe is held open, for servers that must not outlive their test.
package final class Lifeline: Sendable {
    package struct NotReady: Error, CustomStringConvertible {
        package let description: String
    }

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    /// Starts the script and waits until what it prints is enough for `readyWhen`; throws all of it when the script
    /// ends before that. The script ends by itself at the end of its input.
    package init(_ script: String, _ arguments: [String], in directory: String, readyWhen: (String) -> Bool) throws {
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script, "sh"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try Self.unblockingSignals { try process.run() }
        var printed = ""
        while !readyWhen(printed) {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else {
                release()
                throw NotReady(description: "The server did not start: \(printed)")
            }
            printed += String(decoding: more, as: UTF8.self)
        }
    }

    /// Has the script end, and waits for it.
    package func release() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// The threads that run tests block all signals, and a child inherits that: a shell that never hears of a child's
    /// end waits for ever.
    package static func unblockingSignals(_ body: () throws -> Void) rethrows {
        var none = sigset_t()
        var previous = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
        try body()
    }

    /// Short, because the path of a Unix socket may have 107 bytes.
    package static func temporaryDirectory(_ name: String) throws -> String {
        var template = Array("/tmp/\(name)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw NotReady(description: "mkdtemp failed with errno \(errno)") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
