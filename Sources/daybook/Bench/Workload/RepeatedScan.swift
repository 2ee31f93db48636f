import Foundation

/// `daybook replay`, again and again.
final class RepeatedScan {
    private let directory: String
    private var process: Process
    private var ended = 0

    init(of directory: String) throws {
        self.directory = directory
        process = try Self.start(directory)
    }

    /// Starts the next where one has ended.
    ///
    /// - Throws: `Failure` where a scan failed: then it disturbed nobody.
    func goOn() throws {
        guard !process.isRunning else { return }
        guard process.terminationStatus == 0 else {
            throw Failure(.check, "daybook replay ended with \(process.terminationStatus).")
        }
        ended += 1
        process = try Self.start(directory)
    }

    /// Ends it; how many went to their end.
    func stop() -> Int {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        return ended
    }

    private static func start(_ directory: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["replay", "--data", directory]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }
}
