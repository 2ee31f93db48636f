import EventStore
import TestSupport
import TestTools
import Testing

@testable import Projections

@Suite("A replay equals live", .serialized)
struct ReplayTests {
    @Test(
        "Read models built live, anew, in other batches and across restarts have the same rows, whatever happened",
        arguments: 0..<3)
    func replay(_ index: Int) async throws {
        let seed = SplitMix64.seed &+ UInt64(index)
        let directory = try DataDirectory()
        let live = try await directory.open { store, writer in
            let models = try ReadModels(directory: store.readModelsDirectory)
            let projectors = try models.projectors(of: store, logger: .silent)
            for projector in projectors { projector.start() }
            // A second set of models takes the log in by hand, in batches of its own, and is opened anew between.
            var history = History(SplitMix64(seed: seed))
            try await History.open(writer)
            for _ in 0..<6 {
                try await history.go(on: writer, commands: 60)
                try catchUp(store, "/steps")
            }
            for model in models.all {
                #expect(await model.watermark.reached(store.log.head.value, within: .patience))
            }
            for projector in projectors { await projector.stop() }
            return try snapshot(models)
        }
        try await directory.open { store, _ in
            try expect(live, equals: "/read", store, "after a restart, seed \(seed)")
            try catchUp(store, "/steps")
            try expect(live, equals: "/steps", store, "in steps, seed \(seed)")
            try catchUp(store, "/anew")
            try expect(live, equals: "/anew", store, "in one go, seed \(seed)")
            #expect((live["orders"]?.rows["progress"]?.count ?? 0) > 5, "the history has orders")
            #expect((live["sales"]?.rows["open_order"]?.count ?? 0) > 0, "of which some are open")
        }
    }

    private struct Snapshot: Equatable {
        let rows: [String: [String]]
        let checkpoint: Checkpoint
    }

    private func snapshot(_ models: ReadModels) throws -> [String: Snapshot] {
        try Dictionary(
            uniqueKeysWithValues: models.all.map {
                ($0.name, Snapshot(rows: try $0.contents(), checkpoint: try $0.checkpoint()))
            })
    }

    private func catchUp(_ store: Store, _ place: String) throws {
        let models = try ReadModels(directory: store.directory + place)
        try models.catchUp(with: store)
    }

    private func expect(_ live: [String: Snapshot], equals place: String, _ store: Store, _ comment: Comment) throws {
        let other = try snapshot(try ReadModels(directory: store.directory + place))
        #expect(Set(live.keys) == Set(other.keys))
        for (name, model) in live {
            #expect(other[name]?.checkpoint == model.checkpoint, "\(name) \(comment)")
            #expect(model.checkpoint.position.rawValue == store.log.head.value, "\(name) \(comment)")
            for (table, rows) in model.rows {
                #expect(other[name]?.rows[table] == rows, "\(name).\(table) \(comment)")
            }
        }
    }

    @Test("Restarted halfway, the projectors go on where they were and miss nothing")
    func restart() async throws {
        let directory = try DataDirectory()
        try await TestShop.open(in: directory) { shop in
            try await History.open(shop.writer)
            #expect(await shop.isCaughtUp())
        }
        // While nobody projects, the log goes on.
        try await directory.open { _, writer in
            try await writer.accept("receive-stock", #"{"sku":"LAMP","location":"main","quantity":1}"#)
        }
        try await TestShop.open(in: directory) { shop in
            #expect(await shop.isCaughtUp())
            try await shop.accept("receive-stock", #"{"sku":"LAMP","location":"main","quantity":1}"#)
            #expect(await shop.isCaughtUp())
            #expect(try shop.models.stock.rows("balance").contains("LAMP|available|main|202"))
            #expect(try shop.models.stock.checkpoint().tally.count == 7)
            #expect(try shop.models.carts.checkpoint().position == shop.store.log.headPosition)
        }
    }

    @Test("However many ask how far a read model is, it is never said to be further than its rows")
    func neverAhead() async throws {
        try await TestShop.open { shop in
            try await History.open(shop.writer)
            let (model, log) = (shop.models.stock, shop.store.log)
            let asking = Task.detached {
                // Never reached: each looks at the rows for itself, as where another process feeds them.
                while !Task.isCancelled { _ = try await model.reached(.max, within: .microseconds(1)) }
            }
            for _ in 0..<300 {
                let receipt = try await shop.accept(
                    "receive-stock", #"{"sku":"LAMP","location":"main","quantity":1}"#)
                #expect(receipt.position == log.headPosition)
                #expect(await model.watermark.reached(receipt.position.rawValue, within: .patience))
                #expect(model.watermark.value == receipt.position.rawValue)
                #expect(try model.checkpoint().position == receipt.position)
            }
            asking.cancel()
            _ = await asking.result
        }
    }

    @Test("A checkpoint counts the events that were applied, and its hash tells one history from another")
    func checkpoint() async throws {
        func checkpoint(_ quantities: [Int]) async throws -> Checkpoint {
            try await DataDirectory().open { store, writer in
                try await writer.accept("register-product", #"{"sku":"LAMP","name":"Lamp"}"#)
                for quantity in quantities {
                    try await writer.accept(
                        "receive-stock", #"{"sku":"LAMP","location":"main","quantity":\#(quantity)}"#)
                }
                let models = try ReadModels(directory: store.readModelsDirectory)
                try models.catchUp(with: store)
                #expect(try models.catalog.checkpoint().tally.count == 3)
                #expect(try models.sales.checkpoint().tally.count == 0)
                #expect(try models.sales.checkpoint().tally == Tally())
                return try models.stock.checkpoint()
            }
        }
        let one = try await checkpoint([1, 2])
        let other = try await checkpoint([2, 1])
        #expect(one.position == other.position)
        #expect(one.tally.count == 2)
        #expect(other.tally.count == 2)
        #expect(one.tally != other.tally)
    }
}
