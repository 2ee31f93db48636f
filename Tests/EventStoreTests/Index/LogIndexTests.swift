import EventStore
import Foundation
import Ledger
import Logging
import Testing

@testable import EventStore

@Suite("The index of the log", .timeLimit(.minutes(5)))
struct LogIndexTests {
    @Test("A stream without events has no head, a key without a command no position")
    func empty() async throws {
        try await TemporaryData().open { store throws in
            #expect(try store.index.head(of: .stock(sku("A"))) == .none)
            #expect(try store.index.position(ofKey: "key") == nil)
            #expect(try store.index.checkpoint == .start)
        }
    }

    @Test("It knows the end of each stream and the place of each key, before and after it is written down")
    func contents() async throws {
        let data = try TemporaryData()
        try await data.write { store, writer in
            try await writer.tell("first")
            try store.expectIndexToFit()
            #expect(try store.index.checkpoint == .start, "little waits in memory")
            try store.index.flush()
            try store.expectIndexToFit()
            #expect(try store.index.checkpoint == store.log.headPosition)
            try await writer.tell("second")
            try store.expectIndexToFit()
        }
        try await data.open { store in
            #expect(try store.index.checkpoint == store.log.headPosition, "the Writer wrote it down when it stopped")
            try store.expectIndexToFit()
        }
    }

    @Test("Only the first event of a command has the command's key")
    func keysOfCommands() async throws {
        let data = try TemporaryData()
        try await data.write { store, writer in
            try await writer.tell("first")
            let receipt = try #require(try store.log.read(after: .start, limit: 99).first { $0.ordinal > 0 })
            let first = receipt.position.rawValue - UInt64(receipt.ordinal)
            #expect(try store.index.position(ofKey: receipt.key) == .at(first))
        }
    }

    @Test("Removing its directory loses nothing")
    func removed() async throws {
        let data = try TemporaryData()
        try await data.write { _, writer in try await writer.tell("first") }
        try data.remove("index")
        try await data.open { store in try store.expectIndexToFit() }
        // Nobody wrote it down: it is read from the log again.
        try await data.open { store in
            try store.expectIndexToFit()
            try store.index.flush()
        }
        try await data.open { store in
            #expect(try store.index.checkpoint == store.log.headPosition)
            try store.expectIndexToFit()
        }
    }

    @Test("One that fell behind the log catches up")
    func lostFlush() async throws {
        let data = try TemporaryData()
        try await data.write { _, writer in try await writer.tell("first") }
        try data.copy("index", to: "older-index")
        try await data.write { _, writer in try await writer.tell("second") }
        try data.copy("older-index", to: "index")
        try await data.open { store in
            #expect(try store.index.checkpoint < store.log.headPosition)
            try store.expectIndexToFit()
        }
    }

    @Test("One that is ahead of the log is built anew")
    func ahead() async throws {
        let data = try TemporaryData()
        try await data.write { _, writer in try await writer.tell("first") }
        try data.copy("log", to: "older-log")
        try await data.write { _, writer in try await writer.tell("second") }
        try data.copy("older-log", to: "log")
        try await data.open { store in try store.expectIndexToFit(without: "second") }
    }

    @Test("One of another log is built anew, also where that log is as long")
    func ofAnotherLog() async throws {
        let data = try TemporaryData()
        let other = try TemporaryData()
        try await data.write { _, writer in try await writer.tell("first") }
        try await other.write { _, writer in try await writer.tell("other") }
        try data.remove("index")
        try FileManager.default.copyItem(atPath: other.file("index"), toPath: data.file("index"))
        try await data.open { store in try store.expectIndexToFit(without: "other") }
    }

    @Test("Who only reads is never told the ends and keys of another log")
    func ofAnotherLogForReaders() async throws {
        let data = try TemporaryData()
        let other = try TemporaryData()
        try await data.write { _, writer in try await writer.tell("first") }
        try await other.write { _, writer in try await writer.tell("other") }
        try data.remove("index")
        try FileManager.default.copyItem(atPath: other.file("index"), toPath: data.file("index"))
        // It can't be built anew by one who only reads; to refuse is right, to answer from it is not.
        do {
            try await data.open(.readOnly) { store in try store.expectIndexToFit(without: "other") }
        } catch let error as EventStoreError {
            #expect(error.code == .directory)
            #expect(error.message.contains(data.file("index")))
        }
    }

    @Test("Who only reads sees all of the log in it, also where it fell behind")
    func behindForReaders() async throws {
        let data = try TemporaryData()
        try await data.write { _, writer in try await writer.tell("first") }
        try data.copy("index", to: "older-index")
        try await data.write { _, writer in try await writer.tell("second") }
        try data.copy("older-index", to: "index")
        try await data.open(.readOnly) { store in try store.expectIndexToFit() }
    }

    @Test("It is written down by itself when enough waits in memory")
    func full() async throws {
        let data = try TemporaryData()
        try await data.write { store, writer in try await writer.tell("first") }
        try data.remove("index")
        try await data.open { store in
            let records = try store.log.read(after: .start, limit: .max)
            let streams = Set(records.map(\.stream)).count
            let keys = records.count { $0.ordinal == 0 }
            try FileManager.default.createDirectory(atPath: data.file("small"), withIntermediateDirectories: true)
            var options = LogIndex.Options()
            options.flushesBeside = false
            options.pendingMax = streams + keys + 1
            let files = DirectoryFiles(directory: data.file("small"))
            let waiting = try LogIndex(
                files: files, log: store.log, readOnly: false, options: options, logger: Logger(label: "test"))
            #expect(waiting.checkpoint == .start)
            options.pendingMax = streams + keys
            let written = try LogIndex(
                files: files, log: store.log, readOnly: false, options: options, logger: Logger(label: "test"))
            #expect(written.checkpoint == store.log.headPosition)
            for record in records where record.ordinal == 0 {
                #expect(try written.position(ofKey: record.key) == record.position)
            }
        }
    }

    @Test("A wrong end of a stream and a lost key are reported when it is compared with the log")
    func verify() async throws {
        let data = try TemporaryData()
        try await data.write { _, writer in try await writer.tell("first") }
        // A run without the key, and with an older end of the stream, as a fault of the program would leave it.
        let files = DirectoryFiles(directory: data.file("index"))
        let manifest = try #require(try files.open(IndexManifest.fileName).flatMap(IndexManifest.init))
        let number = try #require(manifest.runs.last)
        let file = try #require(try files.open(IndexManifest.runName(number)))
        let run = try SortedRun(file, number: number)
        var rows = try (0..<run.rowCount).map { try run.row($0) }
        let key = manifest.key.digest(ofKey: "first-stock")
        let stream = manifest.key.digest(of: .stock(sku("A")))
        rows.removeAll { $0.digest == key }
        let place = try #require(rows.firstIndex { $0.digest == stream })
        rows[place].position -= 1
        var writer = SortedRunWriter(
            try files.create(IndexManifest.runName(number)), number: number, rowsMax: rows.count)
        for row in rows { try writer.append(row) }
        try writer.finish()
        try await data.open { store in
            var reports: [String] = []
            try store.index.verify(against: store.log) { reports.append($0) }
            #expect(reports.count == 2, "\(reports)")
            #expect(reports.contains { $0.contains("\"first-stock\"") && $0.contains("record 2") })
            #expect(reports.contains { $0.contains("stream stock-A") })
        }
    }
}

extension Writer {
    /// Eight commands over five streams, some with several events, with keys that begin with `name`.
    fileprivate func tell(_ name: String) async throws {
        let place = Location(trusted: "main")
        let register = try RegisterProduct(sku: sku("A"), details: .init(name: name, price: .gbp("1")))
        let isFirst = try await outcome(of: register, key: name + "-product").receipt != nil
        try await accept(ReceiveStock(sku: sku("A"), location: place, quantity: 50), key: name + "-stock")
        if !isFirst { try await accept(ChangePrice(sku: sku("A"), price: .gbp("2")), key: name + "-price") }
        for index in 1...2 {
            let cart = cart("\(name)-\(index)")
            try await accept(AddToCart(cart: cart, sku: sku("A"), quantity: 2), key: "\(name)-add-\(index)")
            try await accept(
                PlaceOrder(cart: cart, order: order("\(name)-\(index)"), customer: CustomerID(trusted: "C")),
                key: "\(name)-place-\(index)")
        }
    }
}

extension Store {
    /// Each key and each stream of the log is where the log has it: whatever was damaged was made good.
    func expectIndexToAnswer(sourceLocation: SourceLocation = #_sourceLocation) throws {
        for record in try log.read(after: .start, limit: .max) {
            let found = try index.position(ofKey: record.key)
            #expect(found == record.position, "\(record.key)", sourceLocation: sourceLocation)
            let head = try index.head(of: record.stream)
            #expect(head.position >= record.position, sourceLocation: sourceLocation)
        }
        let unknown = try index.position(ofKey: "nobody's key")
        #expect(unknown == nil, sourceLocation: sourceLocation)
    }

    /// The index says what folding the whole log says, and nothing of keys and streams with another name.
    func expectIndexToFit(without other: String? = nil, sourceLocation: SourceLocation = #_sourceLocation) throws {
        var heads: [StreamName: StreamHead] = [:]
        for record in try log.read(after: .start, limit: .max) {
            let before = heads[record.stream] ?? .none
            #expect(record.previous == before.position, sourceLocation: sourceLocation)
            #expect(record.version.rawValue == before.version.rawValue + 1, sourceLocation: sourceLocation)
            heads[record.stream] = StreamHead(position: record.position, version: record.version)
            guard record.ordinal == 0 else { continue }
            let found = try index.position(ofKey: record.key)
            #expect(found == record.position, "\(record.key)", sourceLocation: sourceLocation)
        }
        #expect(!heads.isEmpty, sourceLocation: sourceLocation)
        for (stream, head) in heads {
            #expect(try index.head(of: stream) == head, "\(stream)", sourceLocation: sourceLocation)
        }
        try index.verify(against: log) { Issue.record("\($0)", sourceLocation: sourceLocation) }
        guard let other else { return }
        for index in 1...2 {
            let stream = StreamName.order(order("\(other)-\(index)"))
            #expect(try self.index.head(of: stream) == .none, sourceLocation: sourceLocation)
        }
        for key in ["stock", "product", "price", "add-1", "place-2"] {
            let found = try index.position(ofKey: "\(other)-\(key)")
            #expect(found == nil, "\(other)-\(key)", sourceLocation: sourceLocation)
        }
    }
}
