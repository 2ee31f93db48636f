import EventStore
import Ledger
import Synchronization
import TestSupport
import TestTools
import Testing

@testable import EventStore
@testable import Projections

extension RefusingProjectionTests {
    @Suite("An event that is set aside")
    struct ParkingTests {
        /// Products A, BAD and C, and a server's projector that does not like the second: its event stands at position 2.
        private func withStoppedProjector(
            _ body: (Store, Writer, ReadModel) async throws -> Void
        ) async throws {
            Picky.refuses.withLock { $0 = "BAD" }
            defer { Picky.refuses.withLock { $0 = nil } }
            try await DataDirectory().open { store, writer in
                for sku in ["A", "BAD", "C"] { try await register(sku, on: writer) }
                let model = try ReadModel(Picky.self, directory: store.readModelsDirectory)
                let lock = try ReadModels.lock(store.readModelsDirectory)
                let projector = Projector(model, store: store, lock: lock, logger: .silent)
                projector.start()
                try await until { model.stoppedBy != nil }
                let result: Result<Void, any Error>
                do { result = .success(try await body(store, writer, model)) } catch { result = .failure(error) }
                await projector.stop()
                try result.get()
            }
        }

        private func register(_ sku: String, on writer: Writer) async throws {
            try await writer.accept("register-product", #"{"sku":"\#(sku)","name":"\#(sku)"}"#)
        }

        private func setPrice(_ sku: String, on writer: Writer) async throws {
            try await writer.accept(
                "change-price", #"{"sku":"\#(sku)","price":{"amount":"1","currency":"GBP"}}"#)
        }

        private func park(_ position: UInt64, of store: Store) async throws {
            try await onOwnThread {
                try ReadModels.park(
                    Picky.self, at: Position(rawValue: position), reason: "BAD is bad", by: "ann", of: store)
            }
        }

        private func retry(_ store: Store) async throws -> ProjectionFailure? {
            try await onOwnThread { try ReadModels.retry(Picky.self, of: store) }
        }

        @Test("It and what comes later in its stream wait, on record; all others go on; other processes know")
        func parked() async throws {
            try await withStoppedProjector { store, writer, model in
                let other = try ReadModel(Picky.self, directory: store.readModelsDirectory)
                try await until { try other.recordedFailure()?.position == Position(rawValue: 2) }
                #expect(try await retry(store)?.position == Position(rawValue: 2))

                try await park(2, of: store)
                #expect(try await retry(store) == nil)
                #expect(await model.watermark.reached(3, within: .patience))
                #expect(try model.rows("name") == ["A", "C"])
                #expect(try other.recordedFailure() == nil)

                try await setPrice("BAD", on: writer)
                try await setPrice("A", on: writer)
                #expect(await model.watermark.reached(5, within: .patience))
                #expect(try model.rows("name") == ["A", "A", "C"])
                let parked = try #require(try other.parkedEvents(of: store).first)
                #expect(parked.position == Position(rawValue: 2))
                #expect(parked.stream == "product-BAD")
                #expect(parked.waiting == 1)
                #expect(parked.decision?.reason == "BAD is bad")
                #expect(parked.decision?.by == "ann")
                // All of them were looked at, and the log's account holds.
                #expect(try model.checkpoint().tally.count == 5)
            }
        }

        @Test("Taken back, everything is built anew in order, beside the rows that are asked")
        func unparked() async throws {
            try await withStoppedProjector { store, writer, model in
                try await park(2, of: store)
                #expect(try await retry(store) == nil)
                try await setPrice("BAD", on: writer)
                #expect(await model.watermark.reached(4, within: .patience))
                // It is as bad as it was.
                await #expect(throws: FailedEvent.self) {
                    try await onOwnThread {
                        try ReadModels.unpark(Picky.self, at: Position(rawValue: 2), by: "bob", of: store)
                    }
                }
                #expect(try model.parkedEvents(of: store).map(\.waiting) == [1])
                #expect(try model.rows("name") == ["A", "C"])

                Picky.refuses.withLock { $0 = nil }
                try await onOwnThread {
                    try ReadModels.unpark(Picky.self, at: Position(rawValue: 2), by: "bob", of: store)
                }
                try await until { model.path.hasSuffix("-2.sqlite") }
                #expect(try model.rows("name") == ["A", "BAD", "BAD", "C"])
                #expect(try model.parkedEvents(of: store).isEmpty)
                let decisions = try ParkingRecord(of: Picky.self, in: store.directory).decisions()
                #expect(decisions.map(\.action) == [.park, .unpark, .park, .unpark])
                #expect(decisions.map(\.by) == ["ann", "bob", "ann", "bob"])
            }
        }

        @Test("A rebuild passes by what is parked, and has the rows that the live one has")
        func rebuilt() async throws {
            try await withStoppedProjector { store, writer, model in
                try await park(2, of: store)
                #expect(try await retry(store) == nil)
                try await setPrice("BAD", on: writer)
                try await setPrice("C", on: writer)
                #expect(await model.watermark.reached(5, within: .patience))
                let live = try model.contents()
                try await onOwnThread {
                    let build = try ReadModelBuild([Picky.self], of: store, in: store.readModelsDirectory)
                    try build.run()
                    var differences: [RowDifference] = []
                    try build.compare { differences.append($0) }
                    #expect(differences.isEmpty)
                    try build.finish()
                }
                try await until { model.path.hasSuffix("-2.sqlite") }
                #expect(try model.contents() == live)
            }
        }

        @Test("Only the event at which it stopped can be parked, and only what is parked can be taken back")
        func refused() async throws {
            try await withStoppedProjector { store, writer, model in
                try await writer.accept("receive-stock", #"{"sku":"A","location":"main","quantity":1}"#)
                for position in [1, 4, 99] as [UInt64] {
                    await #expect(throws: EventStoreError.self, "\(position)") { try await park(position, of: store) }
                }
                await #expect(throws: EventStoreError.self) {
                    try await onOwnThread {
                        try ReadModels.unpark(Picky.self, at: Position(rawValue: 2), by: "bob", of: store)
                    }
                }
                try await park(2, of: store)
                await #expect(throws: EventStoreError.self, "twice") { try await park(2, of: store) }
                #expect(throws: EventStoreError.self) {
                    try ReadModels.park("nonsense", at: Position(rawValue: 2), reason: "", by: "", of: store)
                }
            }
        }

        @Test("One that this program can't decode stops those alone that take it, and can be parked as well")
        func undecodable() async throws {
            try await DataDirectory().open { store, writer in
                try await register("A", on: writer)
                try store.appendUndecodable(Category.product, "ODD")
                let model = try ReadModel(Picky.self, directory: store.readModelsDirectory)
                let sales = try ReadModel(SalesProjection.self, directory: store.readModelsDirectory)
                let projector = Projector(model, store: store, logger: .silent)
                #expect(projector.tryAgain()?.position == Position(rawValue: 2))
                #expect(Projector(sales, store: store, logger: .silent).tryAgain() == nil)
                #expect(model.watermark.value == 1)
                try await park(2, of: store)
                #expect(projector.tryAgain() == nil)
                #expect(model.watermark.value == 2)
                #expect(try model.rows("name") == ["A"])
                #expect(try model.checkpoint().tally.count == 2)
            }
        }
    }
}

extension Store {
    /// A whole record, the payload of which is nonsense.
    fileprivate func appendUndecodable(_ category: Ledger.Category, _ id: String) throws {
        let head = log.headPosition
        let record = EventStore.Record(
            position: head.advanced(by: 1), stream: StreamName(category, id), version: Version(rawValue: 1),
            storedType: .productRegistered, recordedAt: .now, effectiveAt: .now, actor: "test", key: "odd", ordinal: 0,
            count: 1,
            fingerprint: 1, correlation: "", previous: .start, payload: [0xFF])
        let buffer = RecordBuffer()
        _ = buffer.append(record) { $0.raw(record.payload) }
        try log.append(buffer, after: head)
    }
}
