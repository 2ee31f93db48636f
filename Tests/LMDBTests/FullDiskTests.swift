import Foundation
import Testing

@testable import LMDB

@Suite("A full disk")
struct FullDiskTests {
    @Test("A commit without room changes nothing, reading goes on, and writing resumes when there is room")
    func fullDisk() throws {
        guard let disk = ProcessInfo.processInfo.environment["DAYBOOK_TEST_SMALL_DISK"] else {
            try Test.cancel("Set DAYBOOK_TEST_SMALL_DISK to an empty file system of some megabytes to run this.")
        }
        let directory = try TemporaryDirectory(in: disk)
        let ballast = "\(directory.path)/ballast"
        try Data(repeating: 1, count: 512 << 10).write(to: URL(fileURLWithPath: ballast))
        let environment = try directory.environment()
        let log = try environment.log()
        let (count, failure) = try fill(log, in: environment, batch: 1_000)
        #expect(failure.outcome == .diskFull, "\(failure)")
        #expect(try environment.keys(log) == Array(1...count))

        // The second failure has another code than the first, which was cut short.
        let again = #expect(throws: CommitFailed.self) { try environment.append(count + 1...count + 1_000, to: log) }
        #expect(again?.outcome == .diskFull)

        try FileManager.default.removeItem(atPath: ballast)
        try environment.append(count + 1...count + 1_000, to: log)
        #expect(try environment.keys(log) == Array(1...count + 1_000))
    }

    private func fill(
        _ log: Database, in environment: Environment, batch: UInt64
    ) throws -> (count: UInt64, failure: CommitFailed) {
        var count: UInt64 = 0
        while true {
            do {
                try environment.append(count + 1...count + batch, to: log)
                count += batch
            } catch let failure as CommitFailed {
                return (count, failure)
            }
        }
    }
}
