import EventStore
import GRDB
import Ledger
import Synchronization
import TestSupport
import TestTools
import Testing

@testable import Projections

/// What a test tells `Picky` to refuse all others would see, too: one after another.
@Suite(.serialized)
struct RefusingProjectionTests {}

extension RefusingProjectionTests {
    @Suite("A projection that can't go on")
    struct FailingProjectionTests {
        /// Three products, the second of which a test may call the bad one.
        private func withProducts(_ body: (Store, Writer, ReadModel) async throws -> Void) async throws {
            try await DataDirectory().open { store, writer in
                for sku in ["A", "BAD", "C"] {
                    try await writer.accept("register-product", #"{"sku":"\#(sku)","name":"\#(sku)"}"#)
                }
                try await body(store, writer, ReadModel(Picky.self, directory: store.readModelsDirectory))
            }
        }

        @Test("It says why, keeps its rows, and goes on when the cause is gone")
        func stopsAndGoesOn() async throws {
            try await withProducts { store, writer, model in
                let projector = Projector(model, store: store, logger: .silent)
                try projector.catchUp()
                try await writer.accept("register-product", #"{"sku":"D","name":"D"}"#)
                try projector.catchUp()
                let before = try model.checkpoint()
                #expect(before.tally.count == 4)

                Picky.refuses.withLock { $0 = "E" }
                try await writer.accept("register-product", #"{"sku":"E","name":"E"}"#)
                projector.start()
                try await until { model.stoppedBy != nil }
                let failure = try #require(model.stoppedBy)
                #expect(failure.after == before.position)
                #expect(failure.message.contains("I do not like E"))
                #expect(try model.rows("name") == ["A", "BAD", "C", "D"])
                #expect(try model.checkpoint() == before)
                // More events do not get past it.
                try await writer.accept("register-product", #"{"sku":"F","name":"F"}"#)
                #expect(model.watermark.value == before.position.rawValue)

                Picky.refuses.withLock { $0 = nil }
                #expect(await model.watermark.reached(store.log.head.value, within: .patience))
                #expect(try model.rows("name") == ["A", "BAD", "C", "D", "E", "F"])
                try await until { model.stoppedBy == nil }
                await projector.stop()
            }
        }

        @Test("Rows and checkpoint move together: what fails at the end of a batch leaves neither")
        func oneTransaction() async throws {
            try await withProducts { store, _, model in
                let projector = Projector(model, store: store, logger: .silent)
                Picky.refusesToFinish.withLock { $0 = true }
                #expect(throws: Picky.Refuses.self) { try projector.catchUp() }
                #expect(try model.rows("name").isEmpty)
                #expect(try model.checkpoint() == Checkpoint())
                #expect(model.watermark.value == 0)
                Picky.refusesToFinish.withLock { $0 = false }
                try projector.catchUp()
                #expect(try model.rows("name") == ["A", "BAD", "C"])
                #expect(try model.checkpoint().tally.count == 3)
            }
        }

        @Test("Opened again, it stands where its rows are")
        func reopened() async throws {
            try await withProducts { store, writer, model in
                try Projector(model, store: store, logger: .silent).catchUp()
                try await writer.accept("register-product", #"{"sku":"D","name":"D"}"#)
                let again = try ReadModel(Picky.self, directory: store.readModelsDirectory)
                #expect(again.watermark.value == 3)
                #expect(again.path.hasSuffix("/picky-v1.sqlite"))
                try Projector(again, store: store, logger: .silent).catchUp()
                #expect(try again.rows("name") == ["A", "BAD", "C", "D"])
            }
        }

        @Test("A program that can go on where the one before stopped takes back what that one said")
        func mended() async throws {
            try await withProducts { store, _, model in
                Picky.refuses.withLock { $0 = "BAD" }
                #expect(Projector(model, store: store, logger: .silent).tryAgain()?.position == Position(rawValue: 2))
                Picky.refuses.withLock { $0 = nil }
                let again = try ReadModel(Picky.self, directory: store.readModelsDirectory)
                let projector = Projector(again, store: store, logger: .silent)
                #expect(again.stoppedBy?.position == Position(rawValue: 2), "it does not know better yet")
                try projector.catchUp()
                #expect(again.stoppedBy == nil)
                #expect(try model.recordedFailure() == nil)
            }
        }

        @Test("The others go on without it")
        func alone() async throws {
            try await withProducts { store, _, model in
                Picky.refuses.withLock { $0 = "BAD" }
                defer { Picky.refuses.withLock { $0 = nil } }
                let models = try ReadModels(directory: store.readModelsDirectory)
                let picky = Projector(model, store: store, logger: .silent)
                let projectors = try models.projectors(of: store, logger: .silent) + [picky]
                for projector in projectors { projector.start() }
                for other in models.all {
                    #expect(await other.watermark.reached(3, within: .patience))
                    #expect(other.stoppedBy == nil)
                }
                try await until { model.stoppedBy != nil }
                for projector in projectors { await projector.stop() }
            }
        }
    }
}

/// Keeps the names of products, and refuses what the test tells it to. The tests that use it run one after another.
struct Picky: Projection {
    struct Refuses: Error, CustomStringConvertible { let description: String }

    static let name = "picky"
    static let version = 1
    static let categories: Set<Ledger.Category> = [.product]
    static let refuses = Mutex<String?>(nil)
    static let refusesToFinish = Mutex(false)

    static func createSchema(in database: Database) throws {
        try database.execute(sql: "CREATE TABLE name (name TEXT NOT NULL)")
    }

    func apply(_ recorded: Recorded, in database: Database) throws {
        let id = recorded.record.stream.id
        guard Self.refuses.withLock({ $0 }) != id else { throw Refuses(description: "I do not like \(id)") }
        try database.execute(sql: "INSERT INTO name VALUES (?)", arguments: [id])
    }

    func finish(in database: Database) throws {
        if Self.refusesToFinish.withLock({ $0 }) { throw Refuses(description: "I do not like the end") }
    }
}
