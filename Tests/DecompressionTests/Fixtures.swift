import Decompression
import Foundation
import Testing

/// A directory that lasts as long as the test holds it.
final class TemporaryDirectory {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("daybook-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file and returns its path.
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = "\(path)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// Compresses with a program of the system, as a user would.
    func compress(_ bytes: [UInt8], with command: [String]) throws -> [UInt8] {
        let input = try FileHandle(forReadingFrom: URL(fileURLWithPath: file(UUID().uuidString, bytes)))
        let output = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command + ["-c"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let compressed = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return Array(compressed)
    }
}

/// Text that compresses about as well as a table does: several chunks long, and the same every time.
func table(rows: Int) -> [UInt8] {
    var state: UInt64 = 42
    var text = ""
    for row in 0..<rows {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text += "\(536_365 + row / 20),\(state >> 50)A,WHITE HANGING HEART T-LIGHT HOLDER,\(state >> 60),2.55\n"
    }
    return Array(text.utf8)
}

/// Runs what must fail with a code, and returns the message.
func failure(_ code: DecompressionError.Code, _ body: () throws -> Void) throws -> String {
    let error = try #require(throws: DecompressionError.self) { try body() }
    #expect(error.code == code)
    return error.message
}

/// A file of the sample data, or nil where there is none.
func sample(_ path: String) -> String? {
    let packageRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let beside = packageRoot.deletingLastPathComponent().appendingPathComponent("shared/data").path
    let file = "\(ProcessInfo.processInfo.environment["DAYBOOK_TEST_DATA"] ?? beside)/\(path)"
    return FileManager.default.fileExists(atPath: file) ? file : nil
}
