import EventStore
import LMDB
import Ledger
import Testing

@testable import EventStore

@Suite("A damaged log", .timeLimit(.minutes(5)))
struct DamagedLogTests {
    @Test("A byte that changed in the file is found and named by position, and its neighbours are still read")
    func changedByte() async throws {
        let data = try TemporaryData()
        let mark = Array("this is the payload of the fourth record".utf8)
        try await data.open { store in
            var chain = Chain()
            try chain.append(3, to: store.log)
            try store.log.append([chain.next(payload: mark)], after: .at(3))
            try chain.append(3, to: store.log)
        }
        try await data.open { store in try store.index.flush() }
        try data.flip(mark, in: "log/data.mdb")
        try await data.open { store in
            try damage(at: 4) { try store.log.read(after: .start, limit: .max) }
            try damage(at: 4) { try store.log.read(after: .at(3), limit: 1) }
            try damage(at: 4) { try store.log.record(at: .at(4)) }
            try damage(at: 4) {
                try store.log.readBackwards(from: StreamHead(position: .at(4), version: .at(2))) { _ in true }
            }
            #expect(try store.log.read(after: .start, limit: 3).count == 3)
            #expect(try store.log.read(after: .at(4), limit: .max).count == 3)
        }
    }

    @Test("A damaged record at the head is found when the store is opened")
    func atTheHead() async throws {
        let data = try TemporaryData()
        let mark = Array("this is the payload of the last record".utf8)
        try await data.open { store in
            var chain = Chain()
            try chain.append(2, to: store.log)
            try store.log.append([chain.next(payload: mark)], after: .at(2))
        }
        try data.flip(mark, in: "log/data.mdb")
        let error = try await fault(.corrupt) { try await data.open { _ in } }
        #expect(error.message.contains("position 3 "))
    }

    @Test("A command that needs a damaged record fails and names it; others are decided")
    func writer() async throws {
        let data = try TemporaryData()
        let mark = "a delivery that nobody will be able to read"
        try await data.write { _, writer in
            try await writer.sell(sku("A"), stock: 5)
            let place = Location(trusted: "main")
            try await writer.accept(ReceiveStock(sku: sku("A"), location: place, quantity: 1, reference: mark))
            try await writer.sell(sku("B"), stock: 5)
        }
        try data.flip(Array(mark.utf8), in: "log/data.mdb")
        try await data.write { store, writer in
            let outcome = try await writer.outcome(of: ReserveStock(sku: sku("A"), quantity: 1))
            guard case .failed(let error) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(error.code == .corrupt)
            #expect(error.message.contains("position 3 "))
            #expect(store.log.headPosition == .at(5))
            try await writer.accept(ReserveStock(sku: sku("B"), quantity: 1))
            #expect(writer.fault == nil)
        }
    }

    @Test("A record that is missing is named by position", arguments: [2, 3])
    func missing(place: UInt64) async throws {
        let data = try TemporaryData()
        try await data.open { store in
            var chain = Chain()
            try chain.append(6, to: store.log, streams: ["A"])
        }
        try await data.open { store in try store.index.flush() }
        let environment = try data.environment("log")
        let records = try environment.database(named: "records", options: .integerKey)
        try environment.write { _ = try $0.delete(records, key: place) }
        _ = consume environment
        try await data.open { store in
            try damage(at: place) { try store.log.read(after: .start, limit: .max) }
            try damage(at: place) { try store.log.read(after: .at(place - 1), limit: 1) }
            try damage(at: place) {
                try store.log.readBackwards(from: StreamHead(position: .at(6), version: .at(6))) { _ in true }
            }
        }
    }

    @Test("Records that changed places are found, each where it stands")
    func swapped() async throws {
        let data = try TemporaryData()
        try await data.open { store in
            var chain = Chain()
            try chain.append(6, to: store.log)
        }
        try await data.open { store in try store.index.flush() }
        let environment = try data.environment("log")
        let records = try environment.database(named: "records", options: .integerKey)
        try environment.write { transaction in
            let second = try #require(try transaction.get(records, key: 2))
            let third = try #require(try transaction.get(records, key: 3))
            try transaction.put(records, key: 2, value: third)
            try transaction.put(records, key: 3, value: second)
        }
        _ = consume environment
        try await data.open { store in
            try damage(at: 2) { try store.log.record(at: .at(2)) }
            try damage(at: 3) { try store.log.record(at: .at(3)) }
        }
    }

    @Test("A log cut short is an error, and ends neither the process nor in fewer records", arguments: [0, 1, 2, 4, 8])
    func cutShort(eighths: Int) async throws {
        let data = try TemporaryData()
        try await data.open { store in
            var chain = Chain()
            for _ in 1...20 { try chain.append(100, to: store.log) }
        }
        try data.overwrite("log/data.mdb") { $0.removeLast($0.count * eighths / 8 - (eighths == 8 ? 4_096 : 0)) }
        await #expect(processExitsWith: .success) { [path = data.path as String, isWhole = (eighths == 0) as Bool] in
            let count = try? await TemporaryData.open(path) { store in
                try store.log.read(after: .start, limit: .max).count
            }
            #expect(count == (isWhole ? 2_000 : nil))
        }
    }

    @Test("A directory that has no log in it, or a file that is none, is refused and named")
    func noLog() async throws {
        let data = try TemporaryData()
        try await fault(.directory) { try Store(directory: data.path, access: .readOnly) }
        try await data.open { _ in }
        try data.overwrite("log/data.mdb") { bytes in
            for index in bytes.indices { bytes[index] = 0x5A }
        }
        let error = try await fault(.directory) { try Store(directory: data.path, access: .readWrite) }
        #expect(error.message.contains(data.file("log")))
    }
}

extension TemporaryData {
    /// Flips one bit in the middle of the text wherever it stands in the file: LMDB leaves older pages behind.
    func flip(_ text: [UInt8], in file: String) throws {
        var count = 0
        try overwrite(file) { bytes in
            var start = 0
            while let index = bytes[start...].firstIndex(of: text[0]) {
                if bytes[index...].starts(with: text) {
                    bytes[index + text.count / 2] ^= 0x10
                    count += 1
                }
                start = index + 1
            }
        }
        #expect(count > 0, "the text stands in the file")
    }
}
