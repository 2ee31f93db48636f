import EventStore
import Foundation
import GRDB
import Ledger
import Synchronization
import TestSupport
import TestTools
import Testing

@testable import Projections

@Suite("A rebuild beside the live read models", .serialized, .timeLimit(.minutes(5)))
struct RebuildTests {
    /// How many random histories are gone through; `DAYBOOK_TEST_HISTORIES=100` in `make nightly`.
    private static let histories = ProcessInfo.processInfo.environment["DAYBOOK_TEST_HISTORIES"].flatMap(Int.init) ?? 3

    @Test(
        "While commands and queries go on, all are built anew, asked from then on, and equal to what was asked, row for row; so they are when taken back, and forwards once more",
        arguments: 0..<histories)
    func beside(_ index: Int) async throws {
        let seed = SplitMix64.seed &+ UInt64(index)
        try await TestShop.open { shop in
            var history = History(SplitMix64(seed: seed))
            try await History.open(shop.writer)
            try await history.go(on: shop.writer, commands: 200)
            let asking = Asking(shop.models)
            let store = shop.store
            async let rebuilt: Void = onOwnThread {
                let build = try ReadModelBuild(ReadModels.names, of: store, chunkRecords: 64)
                try build.run()
                try build.finish()
            }
            try await history.go(on: shop.writer, commands: 100)
            try await rebuilt
            #expect(try asking.end() > 0)
            try await history.go(on: shop.writer, commands: 50)
            #expect(await shop.isCaughtUp())
            for model in shop.models.all {
                #expect(model.path.hasSuffix("-2.sqlite"))
                let previous = try #require(model.current.previous)
                try await equal(model.live, previous, store, "\(model.name), seed \(seed)")
            }
            try await onOwnThread { for name in ReadModels.names { try ReadModels.rollBack(name, of: store) } }
            try await history.go(on: shop.writer, commands: 50)
            #expect(await shop.isCaughtUp())
            for model in shop.models.all {
                #expect(model.path.hasSuffix("-v\(model.version).sqlite"))
                let other = try #require(model.current.previous)
                try await equal(model.live, other, store, "\(model.name) taken back, seed \(seed)")
            }
            try await onOwnThread { for name in ReadModels.names { try ReadModels.rollBack(name, of: store) } }
            try await history.go(on: shop.writer, commands: 20)
            #expect(await shop.isCaughtUp())
            for model in shop.models.all {
                #expect(model.path.hasSuffix("-2.sqlite"))
                let other = try #require(model.current.previous)
                try await equal(model.live, other, store, "\(model.name) forwards again, seed \(seed)")
            }
        }
    }

    @Test("Ended in the middle it goes on there, and the live file is not touched before the new one is whole")
    func resumed() async throws {
        struct Ended: Error {}
        try await DataDirectory().open { store, writer in
            var history = History(SplitMix64(seed: SplitMix64.seed))
            try await History.open(writer)
            try await history.go(on: writer, commands: 400)
            let models = try ReadModels(directory: store.readModelsDirectory)
            try models.catchUp(with: store)
            var begins: [Position] = []
            for _ in 0..<3 {
                let build = try ReadModelBuild(ReadModels.names, of: store, chunkRecords: 40)
                begins.append(try build.begin())
                let begin = begins.last ?? .start
                #expect(throws: Ended.self) {
                    try build.run { position in
                        if position.rawValue >= begin.rawValue + 80 { throw Ended() }
                    }
                }
            }
            #expect(begins.map(\.rawValue) == [0, 80, 160])
            #expect(try ReadModels(directory: store.readModelsDirectory).stock.path.hasSuffix("stock-v3.sqlite"))
            let build = try ReadModelBuild(ReadModels.names, of: store)
            try build.run()
            try build.finish()
            let rebuilt = try ReadModels(directory: store.readModelsDirectory)
            for (old, new) in zip(models.all, rebuilt.all) {
                #expect(new.path.hasSuffix("-2.sqlite"))
                #expect(try old.live.contents() == new.live.contents(), "\(new.name)")
            }
        }
    }

    @Test("What is new though the log is long is built in bulk, and answers nothing before it is whole")
    func new() async throws {
        try await DataDirectory().open { store, writer in
            var history = History(SplitMix64(seed: SplitMix64.seed))
            try await History.open(writer)
            try await history.go(on: writer, commands: 100)
            let models = try ReadModels(of: store, repairing: .silent)
            #expect(try await models.stock.isWhole(within: .zero) == false)
            let projectors = try models.projectors(of: store, logger: .silent)
            models.buildNew(from: store, eventsMin: 10, logger: .silent)
            #expect(models.stock.isBeingBuilt)
            for projector in projectors { projector.start() }
            for model in models.all {
                #expect(await model.watermark.reached(store.log.head.value, within: .patience))
                #expect(try await model.isWhole(within: .zero))
                #expect(model.path.hasSuffix("-2.sqlite"), "built, not fed")
                #expect(model.current.previous == nil, "there was nothing to go back to")
            }
            try await history.go(on: writer, commands: 20)
            for model in models.all {
                #expect(await model.watermark.reached(store.log.head.value, within: .patience))
            }
            for projector in projectors { await projector.stop() }
            let fed = try ReadModels(directory: store.directory + "/fed")
            try fed.catchUp(with: store)
            for (one, other) in zip(models.all, fed.all) {
                #expect(try one.contents() == other.contents(), "\(one.name)")
            }
        }
    }

    @Test("Another version's files stay what they are")
    func otherVersion() async throws {
        try await DataDirectory().open { store, writer in
            try await History.open(writer)
            let directory = store.readModelsDirectory
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let old = #"{"live":"stock-v1-2.sqlite","previous":"stock-v1.sqlite","numbered":2}"#
            try Data(old.utf8).write(to: URL(filePath: directory + "/stock-v1.live"))
            try Data("of another program".utf8).write(to: URL(filePath: directory + "/stock-v1-2.sqlite"))
            let models = try ReadModels(of: store, repairing: .silent)
            #expect(models.stock.path.hasSuffix("/stock-v\(StockProjection.version).sqlite"))
            try models.catchUp(with: store)
            let kept = try String(contentsOfFile: directory + "/stock-v1-2.sqlite", encoding: .utf8)
            #expect(kept == "of another program")
            #expect(try String(contentsOfFile: directory + "/stock-v1.live", encoding: .utf8) == old)
        }
    }

    @Test("What differs from the live rows is named with its key, both values, and the stream it was made of")
    func compared() async throws {
        try await DataDirectory().open { store, writer in
            try await History.open(writer)
            let models = try ReadModels(directory: store.readModelsDirectory)
            try models.catchUp(with: store)
            func differences() throws -> [String] {
                let build = try ReadModelBuild(ReadModels.names, of: store)
                try build.run()
                var found: [String] = []
                try build.compare { found.append($0.description) }
                return found
            }
            #expect(try differences() == [])
            try models.stock.write { database in
                try database.execute(
                    sql: "UPDATE balance SET quantity = 7 WHERE sku = 'LAMP' AND account = 'available'")
                try database.execute(sql: "DELETE FROM item WHERE sku = 'VASE'")
                try database.execute(sql: "INSERT INTO item VALUES ('GHOST', 1, 1)")
            }
            try models.search.write { database in
                try database.execute(
                    sql: "INSERT INTO product_word (rowid, sku, name) VALUES (1000, 'GHOST', 'a ghostly lamp')")
            }
            let found = try differences()
            let lamp = try store.index.head(of: StreamName(.stock, "LAMP")).position
            #expect(
                found.contains(
                    "stock.balance (sku = LAMP, account = available, location = main): quantity is 7, rebuilt 200. Made by stock-LAMP, whose newest event is at position \(lamp)."
                ))
            #expect(found.contains("stock.item (sku = GHOST): only live."))
            #expect(found.contains { $0.hasPrefix("stock.item (sku = VASE): only rebuilt.") })
            #expect(
                found.contains { $0.hasPrefix("search.product_word (term = ghostly, ") && $0.hasSuffix(": only live.") }
            )
            #expect(found.count { !$0.hasPrefix("search.product_word") } == 3)
        }
    }

    @Test("Compared with live rows that go on growing, nothing differs", arguments: 0..<2)
    func comparedLive(_ index: Int) async throws {
        let seed = SplitMix64.seed &+ UInt64(index)
        try await TestShop.open { shop in
            var history = History(SplitMix64(seed: seed))
            try await History.open(shop.writer)
            try await history.go(on: shop.writer, commands: 100)
            let store = shop.store
            let found = Mutex<[String]>([])
            async let compared: Void = onOwnThread {
                let build = try ReadModelBuild(ReadModels.names, of: store, chunkRecords: 32)
                try build.run()
                try build.compare { difference in found.withLock { $0.append(difference.description) } }
            }
            try await history.go(on: shop.writer, commands: 200)
            try await compared
            #expect(found.withLock { $0 } == [], "seed \(seed)")
        }
    }

    @Test("A plan tells events, sizes and time, and leaves nothing behind")
    func planned() async throws {
        try await DataDirectory().open { store, writer in
            try await History.open(writer)
            try ReadModels(directory: store.readModelsDirectory).catchUp(with: store)
            let files = try FileManager.default.contentsOfDirectory(atPath: store.readModelsDirectory)
            let plan = try BuildPlan(["stock", "sales"], of: store)
            #expect(plan.models.map(\.name) == ["stock", "sales"])
            #expect(plan.models.allSatisfy { $0.bytes > 0 })
            #expect(plan.events == Int(store.log.head.value))
            #expect(plan.expected > .zero)
            #expect(plan.bytesFree > plan.bytesNeeded)
            #expect(Set(try FileManager.default.contentsOfDirectory(atPath: store.readModelsDirectory)) == Set(files))
        }
    }

    @Test("One rebuild at a time: a second one is refused, and told who is at it")
    func twice() async throws {
        try await DataDirectory().open { store, writer in
            try await History.open(writer)
            let first = try ReadModelBuild(["stock"], of: store)
            let refused = #expect(throws: EventStoreError.self) { _ = try ReadModelBuild(["carts"], of: store).begin() }
            #expect(refused?.description.contains("process \(getpid())") == true)
            try first.run()
        }
    }

    @Test("A process that only answers questions asks the new file without being told")
    func otherProcess() async throws {
        try await TestShop.open { shop in
            try await History.open(shop.writer)
            #expect(await shop.isCaughtUp())
            let reading = try ReadModels(directory: shop.store.readModelsDirectory)
            let store = shop.store
            try await onOwnThread {
                let build = try ReadModelBuild(["stock"], of: store)
                try build.run()
                try build.finish()
            }
            try await until {
                try !reading.stock.rows("item").isEmpty && !reading.stock.path.hasSuffix("stock-v3.sqlite")
            }
            #expect(reading.stock.path.hasSuffix("stock-v3-2.sqlite"))
            #expect(reading.carts.path.hasSuffix("carts-v2.sqlite"))
        }
    }

    @Test("Where the live file is damaged, or gone, a rebuild puts a whole one in its place", arguments: [true, false])
    func damaged(isGone: Bool) async throws {
        try await DataDirectory().open { store, writer in
            try await History.open(writer)
            let models = try ReadModels(directory: store.readModelsDirectory)
            try models.catchUp(with: store)
            let rows = try models.stock.contents()
            let path = store.readModelsDirectory + "/stock-v3.sqlite"
            try ReadModelFile.remove(path)
            if !isGone { try Data(repeating: 7, count: 20_000).write(to: URL(filePath: path)) }
            let build = try ReadModelBuild(["stock"], of: store)
            try build.run()
            try build.finish()
            let rebuilt = try ReadModels(of: store, repairing: nil)
            #expect(try rebuilt.stock.contents() == rows)
            #expect(rebuilt.stock.path.hasSuffix("stock-v3-2.sqlite"))
        }
    }

    @Test("No file has a name that another had, whatever was taken back and removed")
    func names() async throws {
        try await DataDirectory().open { store, writer in
            try await History.open(writer)
            var seen: [String] = []
            for round in 0..<4 {
                let build = try ReadModelBuild(["stock"], of: store)
                try build.run()
                try build.finish()
                let model = try ReadModels(directory: store.readModelsDirectory).stock
                seen.append(model.path)
                if round % 2 == 1 { try ReadModels.rollBack("stock", of: store) }
                if round == 1 { try LiveFiles(of: StockProjection.self, in: model.directory).forgetPrevious() }
            }
            #expect(Set(seen).count == 4, "\(seen)")
        }
    }

    @Test("A file of another log is not asked, and who wanted it is told why")
    func foreign() async throws {
        let other = try DataDirectory()
        try await other.open { store, writer in
            try await writer.accept("register-product", #"{"sku":"X","name":"X"}"#)
            try ReadModels(directory: store.readModelsDirectory).catchUp(with: store)
        }
        try await TestShop.open { shop in
            try await History.open(shop.writer)
            #expect(await shop.isCaughtUp())
            let store = shop.store
            try FileManager.default.copyItem(
                atPath: other.path + "/read/catalog-v1.sqlite", toPath: store.readModelsDirectory + "/foreign.sqlite")
            await #expect(throws: EventStoreError.self) {
                try await onOwnThread {
                    try SwitchRequest(of: CatalogProjection.self, in: store.readModelsDirectory)
                        .carryOut("foreign.sqlite", of: store)
                }
            }
            #expect(shop.models.catalog.path.hasSuffix("catalog-v1.sqlite"))
            try await shop.accept("register-product", #"{"sku":"NEW","name":"New"}"#)
            #expect(await shop.isCaughtUp())
        }
    }

    /// Compares when both have everything.
    private func equal(
        _ one: ReadModelFile, _ other: ReadModelFile, _ store: Store, _ comment: Comment
    ) async throws {
        let head = store.log.headPosition
        try await until { try one.checkpoint().position >= head && other.checkpoint().position >= head }
        let (mine, theirs) = (try one.contents(), try other.contents())
        #expect(Set(mine.keys) == Set(theirs.keys), comment)
        for (table, rows) in mine {
            #expect(Set(rows).symmetricDifference(theirs[table] ?? []) == [], "\(comment), \(table)")
            #expect(rows == theirs[table], "\(comment), \(table)")
        }
        #expect(try one.checkpoint() == other.checkpoint(), comment)
    }
}

/// Asks all read models without end, until told to.
private final class Asking: Sendable {
    private let state = Mutex((isEnding: false, answers: 0, error: (any Error)?.none))
    private let ended = DispatchSemaphore(value: 0)

    init(_ models: ReadModels) {
        Thread { [self] in
            while state.withLock({ !$0.isEnding }) {
                do {
                    for model in models.all {
                        _ = try model.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_schema") }
                    }
                    state.withLock { $0.answers += 1 }
                } catch {
                    state.withLock { $0.error = $0.error ?? error }
                }
            }
            ended.signal()
        }.start()
    }

    /// How often all were asked.
    func end() throws -> Int {
        state.withLock { $0.isEnding = true }
        ended.wait()
        let (_, answers, error) = state.withLock { $0 }
        if let error { throw error }
        return answers
    }
}
