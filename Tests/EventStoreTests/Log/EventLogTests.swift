import EventStore
import Ledger
import TestServers
import TestTools
import Testing

@testable import EventStore

@Suite("The log", .temporaryPostgres, .timeLimit(.minutes(5)))
struct EventLogTests {
    @Test("A new log is empty", arguments: LogBackend.here)
    func empty(on backend: LogBackend) async throws {
        try await backend.data().open { store throws in
            #expect(store.log.headPosition == .start)
            #expect(try store.log.read(after: .start, limit: 10).isEmpty)
            #expect(try store.log.record(at: .at(1)) == nil)
            #expect(try store.log.record(at: .start) == nil)
        }
    }

    @Test("Records are read in the order in which they were appended, whatever the batches", arguments: LogBackend.here)
    func order(on backend: LogBackend) async throws {
        try await backend.data().open { store in
            var chain = Chain()
            for count in [1, 2, 100, 1, 1_000] { try chain.append(count, to: store.log) }
            let records = try store.log.read(after: .start, limit: .max)
            #expect(records.map(\.position.rawValue) == Array(1...1_104))
            #expect(records.map(\.key) == (1...1_104).map { "key-\($0)" })
            #expect(store.log.headPosition == .at(1_104))
        }
    }

    @Test("A log that is opened again is the same", arguments: LogBackend.here)
    func reopened(on backend: LogBackend) async throws {
        let data = try backend.data()
        let before = try await data.open { store in
            var chain = Chain()
            for count in [3, 20] { try chain.append(count, to: store.log) }
            return try store.log.read(after: .start, limit: .max)
        }
        try await data.open { store throws in
            #expect(store.log.headPosition == .at(23))
            #expect(try store.log.read(after: .start, limit: .max) == before)
            #expect(try store.log.refreshHead() == .at(23))
        }
    }

    @Test("By a time the log had come to the last record of then", arguments: LogBackend.here)
    func times(on backend: LogBackend) async throws {
        try await backend.data().open { store in
            #expect(try store.log.lastPosition(recordedBy: .noon) == .start)
            var chain = Chain()
            for count in [1, 3, 60] { try chain.append(count, to: store.log) }
            let records = try store.log.read(after: .start, limit: .max)
            #expect(Set(records.map(\.recordedAt)).count > 1)
            for time in (-1...45).map({ Timestamp.noon.adding(seconds: $0) }) {
                let expected = records.last { $0.recordedAt <= time }?.position ?? .start
                #expect(try store.log.lastPosition(recordedBy: time) == expected)
            }
        }
    }

    @Test(
        "Reading begins behind a position, gives no more than asked, and less at the end alone",
        arguments: LogBackend.here)
    func limits(on backend: LogBackend) async throws {
        try await backend.data().open { store in
            var chain = Chain()
            try chain.append(10, to: store.log)
            func positions(after place: UInt64, _ limit: Int) throws -> [UInt64] {
                try store.log.read(after: .at(place), limit: limit).map(\.position.rawValue)
            }
            #expect(try positions(after: 0, 3) == [1, 2, 3])
            #expect(try positions(after: 3, 7) == [4, 5, 6, 7, 8, 9, 10])
            #expect(try positions(after: 8, 5) == [9, 10])
            #expect(try positions(after: 10, 5) == [])
            #expect(try positions(after: 999, 5) == [])
            #expect(try positions(after: 0, 0) == [])
        }
    }

    @Test("Reading behind the last position there could be gives nothing and doesn't end the process")
    func lastPosition() async throws {
        let data = try TemporaryData()
        await #expect(processExitsWith: .success) { [path = data.path as String] in
            await reporting {
                try await TemporaryData.open(path) { store in
                    var chain = Chain()
                    try chain.append(1, to: store.log)
                    #expect(try store.log.read(after: .at(.max), limit: 5).isEmpty)
                }
            }
        }
    }

    @Test("A record is found by its position, and nothing behind the head", arguments: LogBackend.here)
    func byPosition(on backend: LogBackend) async throws {
        try await backend.data().open { store in
            var chain = Chain()
            try chain.append(5, to: store.log)
            for place in UInt64(1)...5 { #expect(try store.log.record(at: .at(place))?.key == "key-\(place)") }
            for place: UInt64 in [0, 6, .max] { #expect(try store.log.record(at: .at(place)) == nil) }
        }
    }

    @Test("A stream is read from its end backwards, alone, and as far as wanted", arguments: LogBackend.here)
    func backwards(on backend: LogBackend) async throws {
        try await backend.data().open { store in
            var chain = Chain()
            for _ in 1...4 { try chain.append(5, to: store.log, streams: ["A", "B", "A"]) }
            var versions: [UInt64] = []
            try store.log.readBackwards(from: chain.head(of: "B")) { record in
                #expect(record.stream.id == "B")
                versions.append(record.version.rawValue)
                return true
            }
            #expect(versions == [8, 7, 6, 5, 4, 3, 2, 1])
            var count = 0
            try store.log.readBackwards(from: chain.head(of: "A")) { _ in
                count += 1
                return count < 3
            }
            #expect(count == 3)
            try store.log.readBackwards(from: .none) { _ in
                Issue.record("a stream without events has none")
                return true
            }
        }
    }

    @Test(
        "Appending anywhere but at the head is a conflict and leaves nothing", arguments: LogBackend.here,
        [0, 2, 4, 900])
    func conflict(on backend: LogBackend, place: UInt64) async throws {
        let data = try backend.data()
        try await data.open { store in
            var chain = Chain()
            try chain.append(3, to: store.log)
            let stray = (1...2).map { Record.sample(.stockReceived, at: place + $0, payload: []) }
            let error = try await fault(.conflict) { try store.log.append(stray, after: .at(place)) }
            #expect(error.message.contains("position 3"))
            #expect(store.log.headPosition == .at(3))
            #expect(try store.log.refreshHead() == .at(3))
            // The log is sound: it goes on.
            try chain.append(2, to: store.log)
        }
        try await data.open { store in
            let keys = try store.log.read(after: .start, limit: .max).map(\.key)
            #expect(keys == (1...5).map { "key-\($0)" })
        }
    }

    @Test("An append wakes those who wait for it", arguments: LogBackend.here)
    func wakes(on backend: LogBackend) async throws {
        try await backend.data().open { store in
            let log = store.log
            let waiting = Task.immediate { await log.head.reached(3, within: .patience) }
            var chain = Chain()
            try chain.append(2, to: log)
            try chain.append(1, to: log)
            #expect(await waiting.value)
        }
    }

    @Test("The largest record there may be is kept as it is", arguments: LogBackend.here)
    func largest(on backend: LogBackend) async throws {
        let data = try backend.data()
        var chain = Chain()
        let small = Chain().withPayload([]).encoded().count
        // A field that no program of today knows, as long as it may be.
        let unknown = Record.bytesMax - small - 4
        let length = [UInt8(unknown & 0x7F) | 0x80, UInt8(unknown >> 7 & 0x7F) | 0x80, UInt8(unknown >> 14)]
        let record = chain.next(payload: [15 << 3 | 2] + length + Array(repeating: 7, count: unknown))
        #expect(record.encoded().count == Record.bytesMax)
        try await data.open { store in try store.log.append([record], after: .start) }
        try await data.open { store throws in
            #expect(try store.log.record(at: .at(1))?.payload == record.payload)
        }
    }
}

extension Chain {
    fileprivate func withPayload(_ payload: [UInt8]) -> Record {
        var copy = self
        return copy.next(payload: payload)
    }
}
