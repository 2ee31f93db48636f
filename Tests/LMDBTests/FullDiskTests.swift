import Foundation
import LMDB
import Testing

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
        let (count, failure) = try fill(log, in: environment, from: 0, batch: 1_000)
        #expect(failure.outcome == .diskFull, "\(failure)")
        #expect(try environment.keys(log) == Array(1...count))

        // What is cut short is EIO to LMDB, and where not a byte is left it is ENOSPC; both mean a full disk.
        let smaller = try fill(log, in: environment, from: count, batch: 10)
        #expect(smaller.failure.outcome == .diskFull, "\(smaller.failure)")
        let full = smaller.count

        try FileManager.default.removeItem(atPath: ballast)
        try environment.append(full + 1...full + 1_000, to: log)
        #expect(try environment.keys(log) == Array(1...full + 1_000))
    }

    private func fill(
        _ log: Database, in environment: Environment, from start: UInt64, batch: UInt64
    ) throws -> (count: UInt64, failure: CommitFailed) {
        var count = start
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
