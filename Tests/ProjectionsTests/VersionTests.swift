import EventStore
import Foundation
import GRDB
import Ledger
import TestSupport
import TestTools
import Testing

@testable import Projections

@Suite("A new version of a read model", .serialized)
struct VersionTests {
    /// A shop with a history, whose program of today feeds version 1.
    private func withOldProgram(
        _ body: (Store, Writer, ReadModel, inout History) async throws -> Void
    ) async throws {
        try await DataDirectory().open { store, writer in
            var history = History(SplitMix64(seed: SplitMix64.seed))
            try await History.open(writer)
            try await history.go(on: writer, commands: 100)
            let old = try ReadModel(Names1.self, directory: store.readModelsDirectory)
            let lock = try ReadModels.lock(store.readModelsDirectory)
            let projector = Projector(old, store: store, lock: lock, logger: .silent)
            projector.start()
            let result: Result<Void, any Error>
            do { result = .success(try await body(store, writer, old, &history)) } catch { result = .failure(error) }
            await projector.stop()
            try result.get()
        }
    }

    /// What the new program does before it is deployed.
    private func build(_ projection: any Projection.Type, of store: Store) async throws -> [RowDifference] {
        try await onOwnThread {
            let build = try ReadModelBuild([projection], of: store, in: store.readModelsDirectory)
            try build.run()
            var differences: [RowDifference] = []
            try build.compare { differences.append($0) }
            try build.finish()
            return differences
        }
    }

    @Test(
        "It is built beside the old program, which goes on; the new one answers at once and the old one can come back")
    func deployed() async throws {
        try await withOldProgram { store, writer, old, history in
            #expect(try LiveFiles(of: Names2.self, in: store.readModelsDirectory).livePath() == nil)
            #expect(try await build(Names2.self, of: store).isEmpty, "the upper case is declared, the rest is equal")
            try await history.go(on: writer, commands: 100)
            try await writer.accept("register-product", #"{"sku":"LATE","name":"late"}"#)
            #expect(await old.watermark.reached(store.log.head.value, within: .patience))
            #expect(old.path.hasSuffix("names-v1.sqlite"))
            #expect(try old.rows("name").contains("LATE|late"))

            // The new program is started: it has all but what came since, and takes that in.
            let new = try ReadModel(Names2.self, directory: store.readModelsDirectory)
            #expect(new.path.hasSuffix("names-v2-2.sqlite"))
            #expect(try new.rows("name").contains("LAMP|A LAMP|6"))
            #expect(try !new.rows("name").contains { $0.hasPrefix("LATE") })
            try Projector(new, store: store, logger: .silent).catchUp()
            #expect(try new.rows("name").contains("LATE|LATE|4"))

            // The old program comes back.
            let back = try ReadModel(Names1.self, directory: store.readModelsDirectory)
            #expect(back.path == old.path)
            #expect(back.watermark.value == store.log.head.value)
        }
    }

    @Test("What differs from the version before and should not is told by row and stream")
    func different() async throws {
        try await withOldProgram { store, _, old, _ in
            #expect(await old.watermark.reached(store.log.head.value, within: .patience))
            let differences = try await build(Names3.self, of: store).map(\.description)
            #expect(differences.count == 6)
            #expect(
                differences.contains(
                    "names.name (sku = LAMP): name is A LAMP, rebuilt A LAMP!. Made by product-LAMP, whose newest event is at position \(try store.index.head(of: StreamName(.product, "LAMP")).position)."
                ), "\(differences)")
        }
    }

    @Test("Rows are told apart by a key that both versions have; what the one before has not is named")
    func otherKey() async throws {
        try await withOldProgram { store, _, old, _ in
            #expect(await old.watermark.reached(store.log.head.value, within: .patience))
            try await onOwnThread {
                let build = try ReadModelBuild([Names4.self], of: store, in: store.readModelsDirectory)
                try build.run()
                var differences: [String] = []
                let withoutCounterpart = try build.compare { differences.append($0.description) }
                #expect(withoutCounterpart == ["names.name.number", "names.sold"])
                #expect(differences.count == 1)
                #expect(
                    differences.first?.hasPrefix("names.name (sku = LAMP): name is A LAMP, rebuilt A LAMP?.") == true)
            }
        }
    }

    @Test("Older versions are removed when nobody has fed them for a day, and not before")
    func removed() async throws {
        try await DataDirectory().open { store, writer in
            try await History.open(writer)
            let directory = store.readModelsDirectory
            for projection in [Names1.self, Names2.self] as [any Projection.Type] {
                let model = try ReadModel(projection, directory: directory)
                try Projector(model, store: store, logger: .silent).catchUp()
            }
            func files() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".sqlite") }
                    .sorted()
            }
            let live = LiveFiles(of: Names2.self, in: directory)
            try live.removeOlderVersions(now: Date() + 23 * 3_600)
            #expect(try files() == ["names-v1.sqlite", "names-v2.sqlite"])
            try live.removeOlderVersions(now: Date() + 25 * 3_600)
            #expect(try files() == ["names-v2.sqlite"])
            #expect(try ReadModel(Names2.self, directory: directory).rows("name").count == 6)
        }
    }

    /// The names of products.
    private struct Names1: Projection {
        static let name = "names"
        static let version = 1
        static let categories: Set<Ledger.Category> = [.product]

        static func createSchema(in database: Database) throws {
            try database.execute(sql: "CREATE TABLE name (sku TEXT PRIMARY KEY, name TEXT NOT NULL)")
        }

        func apply(_ recorded: Recorded, in database: Database) throws {
            guard case .product(.registered(let details)) = recorded.event else { return }
            try database.execute(
                sql: "INSERT INTO name VALUES (?, ?)", arguments: [recorded.record.stream.id, details.name])
        }
    }

    /// Names are in upper case now, and there is a new column.
    private struct Names2: Projection {
        static let name = "names"
        static let version = 2
        static let categories: Set<Ledger.Category> = [.product]
        static let expectedDifferences: Set<String> = ["name.name"]

        static func createSchema(in database: Database) throws {
            try database.execute(
                sql: "CREATE TABLE name (sku TEXT PRIMARY KEY, name TEXT NOT NULL, length INTEGER NOT NULL)")
        }

        func apply(_ recorded: Recorded, in database: Database) throws {
            guard case .product(.registered(let details)) = recorded.event else { return }
            try database.execute(
                sql: "INSERT INTO name VALUES (?, ?, ?)",
                arguments: [recorded.record.stream.id, details.name.uppercased(), details.name.count])
        }
    }

    /// Has a mistake.
    private struct Names3: Projection {
        static let name = "names"
        static let version = 3
        static let categories: Set<Ledger.Category> = [.product]

        static func createSchema(in database: Database) throws { try Names1.createSchema(in: database) }

        func apply(_ recorded: Recorded, in database: Database) throws {
            guard case .product(.registered(let details)) = recorded.event else { return }
            try database.execute(
                sql: "INSERT INTO name VALUES (?, ?)", arguments: [recorded.record.stream.id, details.name + "!"])
        }
    }

    /// Has another key, a table of its own, and a mistake in one row.
    private struct Names4: Projection {
        static let name = "names"
        static let version = 4
        static let categories: Set<Ledger.Category> = [.product]

        static func createSchema(in database: Database) throws {
            try database.execute(
                sql: """
                    CREATE TABLE name (number INTEGER PRIMARY KEY, sku TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
                    CREATE TABLE sold (sku TEXT PRIMARY KEY);
                    """)
        }

        func apply(_ recorded: Recorded, in database: Database) throws {
            guard case .product(.registered(let details)) = recorded.event else { return }
            let (position, sku) = (Int64(recorded.record.position.rawValue), recorded.record.stream.id)
            try database.execute(
                sql: "INSERT INTO name VALUES (?, ?, ?)",
                arguments: [position, sku, sku == "LAMP" ? details.name + "?" : details.name])
        }
    }
}
