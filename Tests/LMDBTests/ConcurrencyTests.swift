import Foundation
import LMDB
import Synchronization
import Testing

@Suite("Readers beside a writer")
struct ConcurrencyTests {
    @Test("Readers on several threads each see a prefix of the log that never shrinks")
    func readersAndWriter() async throws {
        let directory = try TemporaryDirectory()
        let environment = try directory.environment()
        let log = try environment.log()
        let last: UInt64 = 2_000
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for key in stride(from: UInt64(1), through: last, by: 10) {
                    try environment.append(key...key + 9, to: log)
                }
            }
            for _ in 0..<4 {
                group.addTask { try await follow(log, in: environment, to: last) }
            }
            try await group.waitForAll()
        }
        #expect(try environment.keys(log) == Array(1...last))
    }

    private func follow(_ log: Database, in environment: Environment, to last: UInt64) async throws {
        var seen: UInt64 = 0
        while seen < last {
            let keys = try environment.keys(log)
            let head = UInt64(keys.count)
            #expect(head >= seen && head % 10 == 0)
            #expect(keys.last ?? 0 == head)
            seen = head
            await Task.yield()
        }
    }

    @Test("Writers on several threads take turns, and no change is lost")
    func writersTakeTurns() async throws {
        let directory = try TemporaryDirectory()
        let environment = try directory.environment()
        let log = try environment.log()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<50 {
                        try environment.write { transaction in
                            let next = (try transaction.lastKey(log) ?? 0) + 1
                            try transaction.append(log, key: next, value: record(next))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try environment.keys(log) == Array(1...200))
    }
}
