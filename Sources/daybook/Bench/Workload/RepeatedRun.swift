import Foundation

/// A command of this program on a data directory, again and again.
final class RepeatedRun {
    private let command: String
    private let directory: String
    private var process: Process
    private var ended = 0

    init(of command: String, on directory: String) throws {
        self.command = command
        self.directory = directory
        process = try Self.start(command, directory)
    }

    /// Runs it to its end once, when the server there has built what it lacks.
    static func once(of command: String, on directory: String) throws {
        for _ in 0..<600 {
            let process = try start(command, directory)
            process.waitUntilExit()
            if process.terminationStatus == 0 { return }
            Thread.sleep(forTimeInterval: 0.1)
        }
        throw Failure(.check, "daybook \(command) did not succeed within a minute.")
    }

    /// Starts the next where one has ended.
    ///
    /// - Throws: `Failure` where one failed: then it disturbed nobody.
    func goOn() throws {
        guard !process.isRunning else { return }
        guard process.terminationStatus == 0 else {
            throw Failure(.check, "daybook \(command) ended with \(process.terminationStatus).")
        }
        ended += 1
        process = try Self.start(command, directory)
    }

    /// Ends it; how many went to their end.
    func stop() -> Int {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        return ended
    }

    private static func start(_ command: String, _ directory: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [command, "--data", directory]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }
}
