import EventStore
import Foundation
import Ledger
import Testing

@testable import EventStore

@Suite("A killed process", .timeLimit(.minutes(5)))
struct CrashTests {
    @Test("Every acknowledged command is there exactly once after kill -9, without a gap", arguments: [1, 40, 300])
    func killed(after count: Int) async throws {
        let data = try TemporaryData()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = data.path as String, count = count as Int] in
            let acknowledged = Glibc.open(path + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
            try await TemporaryData.write(path) { store, writer in
                try await writer.sell(sku("A"), stock: 1_000_000)
                await withThrowingTaskGroup { group in
                    for task in 0..<8 {
                        group.addTask {
                            for step in 0... {
                                let key = "key-\(task)-\(step)"
                                let receipt = try await writer.accept(CrashTests.command(key), key: key)
                                let line = Array("\(key) \(receipt.position)\n".utf8)
                                #expect(Glibc.write(acknowledged, line, line.count) == line.count)
                                if receipt.position.rawValue > UInt64(count) { kill(getpid(), SIGKILL) }
                            }
                        }
                    }
                }
            }
        }
        let lines = String(decoding: try data.bytes(of: "acknowledged"), as: UTF8.self).split(separator: "\n")
        #expect(!lines.isEmpty)
        try await data.write { store, writer in
            let records = try store.log.read(after: .start, limit: .max)
            #expect(records.count >= lines.count)
            #expect(records.map(\.position.rawValue) == Array(1...UInt64(records.count)))
            try store.expectIndexToFit()
            for line in lines {
                let (key, place) = (String(line.split(separator: " ")[0]), UInt64(line.split(separator: " ")[1]))
                #expect(records.count { $0.key == key } == 1)
                let again = try await writer.accept(Self.command(key), key: key)
                #expect(again.isRepeated)
                #expect(again.position.rawValue == place)
            }
            #expect(store.log.headPosition.rawValue == UInt64(records.count))
        }
    }

    static func command(_ key: String) throws -> ReserveStock {
        try ReserveStock(sku: sku("A"), quantity: 1, reservation: reservation(key))
    }
}
