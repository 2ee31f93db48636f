import Foundation
import LMDB
import Testing

@Suite("A full disk", .serialized)
struct FullDiskTests {
    @Test("A commit without room changes nothing, reading goes on, and writing resumes when there is room")
    func fullDisk() throws {
        let disk = try smallDisk()
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

    @Test("An environment that could not be made for want of room can be made when there is some")
    func making() throws {
        let disk = try smallDisk()
        for room in stride(from: 0, through: 96 << 10, by: 4 << 10) {
            let directory = try TemporaryDirectory(in: disk)
            let place = "\(disk)/ballast"
            defer { try? FileManager.default.removeItem(atPath: place) }
            try fillUp(place, leaving: room)
            _ = try? directory.environment()
            try FileManager.default.removeItem(atPath: place)
            _ = try directory.environment().log()
        }
    }

    private func smallDisk() throws -> String {
        guard let disk = ProcessInfo.processInfo.environment["DAYBOOK_TEST_SMALL_DISK"] else {
            try Test.cancel("Set DAYBOOK_TEST_SMALL_DISK to an empty file system of some megabytes to run this.")
        }
        return disk
    }

    /// Takes all the room there is but so many bytes.
    private func fillUp(_ file: String, leaving room: Int) throws {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let chunk = [UInt8](repeating: 1, count: 4 << 10)
        while write(descriptor, chunk, chunk.count) == chunk.count {}
        try #require(ftruncate(descriptor, max(0, lseek(descriptor, 0, SEEK_END) - off_t(room))) == 0)
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
