import EventStore
import Foundation
import Ledger
import TestTools
import Testing

@testable import EventStore

@Suite("A log in which something was otherwise from the beginning", .timeLimit(.minutes(5)))
struct LogMigrationTests {
    private let data: TemporaryData
    private let beside: String

    init() throws {
        data = try TemporaryData()
        beside = data.path + ".migrated"
    }

    private func migration(_ edits: String, of source: Store? = nil) throws -> LogMigration {
        try LogMigration(
            Array(#"{"reason":"a test","edits":[\#(edits)]}"#.utf8),
            of: try source ?? Store(directory: data.path, access: .readOnly), into: beside, logger: .silent)
    }

    /// Makes the new log of all of the old one, and shows what `body` asks of it.
    private func migrated<R>(_ edits: String, _ body: (LogMigration, [Recorded]) throws -> R) throws -> R {
        defer { try? FileManager.default.removeItem(atPath: beside) }
        let migration = try migration(edits)
        try migration.advance()
        #expect(try migration.differences() == [])
        return try body(migration, try all(migration.target))
    }

    private func all(_ store: Store) throws -> [Recorded] {
        try store.log.read(after: .start, limit: 100_000).map {
            Recorded(record: $0, event: try store.events.event(of: $0))
        }
    }

    private func order(_ name: String, _ skus: [String], _ writer: Writer) async throws {
        for sku in skus {
            try await writer.accept(AddToCart(cart: cart("c-" + name), sku: .init(trusted: sku), quantity: 1))
        }
        try await writer.accept(PlaceOrder(cart: cart("c-" + name), order: EventStoreTests.order(name)))
    }

    @Test("A renamed SKU has its name everywhere, and all else is what it was, to the byte")
    func rename() async throws {
        var shop = RandomShop(seed: .of("rename"))
        try await data.write { _, writer in
            for _ in 0..<600 { _ = await writer.submit(try shop.submission()) }
        }
        let old = try await data.open { try all($0) }
        try migrated(#"{"rename":"A","to":"RENAMED"}"#) { migration, new in
            #expect(new.count == old.count)
            #expect(migration.dropped == 0 && migration.added == 0)
            var renamed = 0
            for (old, new) in zip(old, new) {
                let json = String(decoding: old.json, as: UTF8.self)
                let names = json.contains("\"A\"") || old.record.stream.id == "A"
                if names {
                    renamed += 1
                    #expect(!String(decoding: new.json, as: UTF8.self).contains("\"A\""))
                    #expect(new.record.version == old.record.version)
                } else {
                    #expect(new.record.encoded() == old.record.encoded())
                }
            }
            #expect(renamed > 50)
        }
    }

    @Test("Merged products have one stock, one history and the second's name; what was sold as either stays sold")
    func merge() async throws {
        try await data.write { _, writer in
            try await writer.sell(sku("a"), stock: 5)
            try await writer.sell(sku("A"), stock: 7)
            try await order("1", ["a"], writer)
            try await order("2", ["A"], writer)
            try await writer.accept(ChangePrice(sku: sku("a"), price: .gbp("9")))
            try await writer.accept(FulfilOrder(order: EventStoreTests.order("1")))
        }
        try migrated(#"{"merge":"a","into":"A"}"#) { migration, new in
            let stock = new.filter { $0.record.stream == .stock(sku("A")) }
            #expect(stock.map(\.record.version.rawValue) == Array(1...UInt64(stock.count)))
            #expect(stock.map(\.record.previous) == [.start] + stock.dropLast().map(\.record.position))
            #expect(!new.contains { $0.record.stream.id == "a" })
            var item = StockItem()
            for event in stock { if case .stock(let event) = event.event { item.apply(event) } }
            #expect(item.available(at: .noon) == 10)
            #expect(item.balance(of: .shipped) == 1)
            let product = new.filter { $0.record.stream == .product(sku("A")) }
            #expect(product.map(\.record.type) == [.productRegistered])
            #expect(migration.dropped == 2, "a registration and a price")
            let head = try migration.target.index.head(of: .stock(sku("A")))
            #expect(head.position == stock.last?.record.position)
        }
    }

    @Test("Products that are together in a cart can't be merged, and the place is named")
    func mergeRefused() async throws {
        try await data.write { _, writer in
            for name in ["a", "A"] { try await writer.sell(sku(name), stock: 5) }
            try await order("1", ["a", "A"], writer)
        }
        defer { try? FileManager.default.removeItem(atPath: beside) }
        let migration = try migration(#"{"merge":"a","into":"A"}"#)
        #expect {
            try migration.advance()
        } throws: {
            "\($0)".contains(#"Cart "c-1" has both"#)
        }
    }

    @Test("A split SKU is one product up to a position and another from there on, a whole cart at a time")
    func split() async throws {
        var position = Position.start
        try await data.write { store, writer in
            try await writer.sell(sku("S"), stock: 10)
            try await order("1", ["S"], writer)
            try await writer.accept(AddToCart(cart: cart("c-2"), sku: sku("S"), quantity: 2))
            position = store.log.headPosition.advanced(by: 1)
            try await writer.accept(ChangePrice(sku: sku("S"), price: .gbp("7")))
            try await order("3", ["S"], writer)
            try await writer.accept(PlaceOrder(cart: cart("c-2"), order: EventStoreTests.order("2")))
            try await writer.accept(FulfilOrder(order: EventStoreTests.order("1")))
            try await writer.accept(FulfilOrder(order: EventStoreTests.order("3")))
            try await writer.accept(
                ReturnItems(
                    order: EventStoreTests.order("1"), pieces: [.init(code: sku("S"), quantity: 1)], restock: true))
            try await writer.accept(ReceiveStock(sku: sku("S"), location: .init(trusted: "main"), quantity: 4))
        }
        // Of the ten one is sold before, and two are taken by the cart that had the first product: they must stay.
        let edits = #"{"split":"S","from":\#(position),"to":"T","name":"The other"}"#
        defer { try? FileManager.default.removeItem(atPath: beside) }
        let migration = try migration(edits)
        try migration.advance()
        let new = try all(migration.target)
        var items: [String: StockItem] = [:]
        for event in new {
            if case .stock(let stock) = event.event { items[event.record.stream.id, default: StockItem()].apply(stock) }
        }
        let (first, second) = (try #require(items["S"]), try #require(items["T"]))
        #expect(second.balance(of: .available(.init(trusted: "main"))) == 9 - 1 + 4)
        #expect(second.balance(of: .shipped) == 1)
        #expect(first.balance(of: .shipped) == 0, "sent, and come back")
        #expect(first.balance(of: .reserved(.init(trusted: "main"))) == 2)
        #expect(
            try migration.differences().map { $0.split(separator: ":").last.map(String.init) }
                == [#" available(main) of "S" would be -2"#],
            "the cart of before was ordered when nothing was left of the first product: that is told, not hidden")
    }

    @Test("The second product of a split takes over what is available, has the price of then, and its own name")
    func splitOpening() async throws {
        var position = Position.start
        try await data.write { store, writer in
            try await writer.sell(sku("S"), stock: 10)
            try await writer.accept(ChangePrice(sku: sku("S"), price: .gbp("7")))
            position = store.log.headPosition.advanced(by: 1)
            try await order("1", ["S"], writer)
        }
        try migrated(#"{"split":"S","from":\#(position),"to":"T","name":"The other"}"#) { migration, new in
            #expect(migration.added == 3)
            let added = new.filter { $0.record.actor == "migrate-log" }
            #expect(added.map(\.record.count) == [3, 3, 3])
            guard case .product(.registered(let details)) = added.first?.event else {
                Issue.record("\(added)")
                return
            }
            #expect(details.name == "The other")
            #expect(details.price == .gbp("7"))
            let before = Position(rawValue: position.rawValue - 1)
            #expect(migration.through(before).advanced(by: 1) == added.first?.record.position)
            #expect(migration.through(position) == added.last?.record.position.advanced(by: 1))
        }
    }

    @Test("A cart that was not ordered is dropped, and a product with its stock; not if anything mentions them")
    func drop() async throws {
        try await data.write { _, writer in
            for name in ["A", "B"] { try await writer.sell(sku(name), stock: 5) }
            try await writer.accept(AddToCart(cart: cart("test"), sku: sku("A"), quantity: 2))
            try await order("1", ["A"], writer)
        }
        try migrated(#"{"drop":"cart-test"},{"drop":"product-B"}"#) { migration, new in
            #expect(migration.dropped == 3)
            #expect(!new.contains { $0.record.stream.id == "test" || $0.record.stream.id == "B" })
        }
        for (edit, message) in [
            (#"{"drop":"cart-c-1"}"#, "it became an order"), (#"{"drop":"product-A"}"#, "mentions it"),
        ] {
            let migration = try migration(edit)
            #expect { try migration.advance() } throws: { "\($0)".contains(message) }
        }
    }

    @Test(
        "Edits that don't fit the products there are change nothing",
        arguments: [
            (#"{"rename":"X","to":"Y"}"#, #"there is no product "X""#),
            (#"{"rename":"A","to":"B"}"#, "merge"), (#"{"merge":"A","into":"X"}"#, #"there is no product "X""#),
            (#"{"merge":"A","into":"POST"}"#, "one is goods"),
            (#"{"split":"A","from":1,"to":"Z","name":"n"}"#, "before it was registered"),
            (#"{"split":"A","from":9,"to":"B","name":"n"}"#, "already"),
        ])
    func misfits(edit: String, message: String) async throws {
        try await data.write { _, writer in
            for name in ["A", "B"] { try await writer.sell(sku(name), stock: 5) }
            try await writer.accept(
                RegisterProduct(sku: sku("POST"), details: .init(name: "Postage", kind: .charge)))
        }
        #expect { try migration(edit) } throws: { "\($0)".contains(message) }
        #expect(!FileManager.default.fileExists(atPath: beside))
    }

    @Test("Made while the old log grows, it is the same as made at once")
    func growing() async throws {
        let edits = #"{"rename":"A","to":"RENAMED"}"#
        var shop = RandomShop(seed: .of("growing"))
        var random = SplitMix64.of("growing by")
        let inParts = try await data.write { store, writer in
            defer { try? FileManager.default.removeItem(atPath: beside) }
            for _ in 0..<50 { _ = await writer.submit(try shop.submission()) }
            while try store.index.head(of: .product(sku("A"))).position == .start {
                _ = await writer.submit(try shop.submission())
            }
            let migration = try migration(edits, of: store)
            for _ in 0..<20 {
                for _ in 0..<Int.random(in: 0...20, using: &random) { _ = await writer.submit(try shop.submission()) }
                try migration.advance()
                #expect(try migration.differences() == [])
            }
            return try all(migration.target).map { $0.record.encoded() }
        }
        let atOnce = try migrated(edits) { _, new in new.map { $0.record.encoded() } }
        #expect(inParts == atOnce)
    }

    @Test("A command sent again is answered as it was the first time")
    func repeated() async throws {
        try await data.write { _, writer in
            try await writer.sell(sku("A"), stock: 5)
            _ = try #require(
                await writer.submit(
                    try Submission(AddToCart(cart: cart("c"), sku: sku("A"), quantity: 1), key: "K", actor: "t")
                ).receipt)
        }
        let path = try migrated(#"{"rename":"A","to":"B"}"#) { migration, _ in
            let kept = data.path + ".kept"
            try FileManager.default.copyItem(atPath: beside, toPath: kept)
            return kept
        }
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await TemporaryData.write(path) { _, writer in
            // Its words are those of then: the fingerprint is of what was said, not of what it became.
            let again = try Submission(AddToCart(cart: cart("c"), sku: sku("A"), quantity: 1), key: "K", actor: "t")
            let receipt = try #require(await writer.submit(again).receipt)
            #expect(receipt.isRepeated)
            try await writer.accept(AddToCart(cart: cart("c"), sku: sku("B"), quantity: 1))
        }
    }

    @Test("The directories change places in one step, the old one is written no more, and all of it goes back")
    func exchange() async throws {
        try await data.write { _, writer in try await writer.sell(sku("A"), stock: 5) }
        defer { try? FileManager.default.removeItem(atPath: beside) }
        do {
            let migration = try migration(#"{"rename":"A","to":"B"}"#)
            try migration.advance()
            try migration.waitForWriter()
            try await refused { _ = try DirectoryLock(directory: data.path, use: "writes") }
            try migration.advance()
            try migration.exchange()
        }
        try await data.open { store in
            let head = try store.index.head(of: .product(sku("B")))
            #expect(head.position == .at(1))
        }
        try await refused { _ = try Store(directory: beside, access: .readWrite) }
        try await TemporaryData.open(beside, .readOnly) { #expect($0.log.headPosition == .at(2)) }
        try LogMigration.goBack(data.path, beside, leavesBehind: false)
        try await data.write { store, writer in
            let head = try store.index.head(of: .product(sku("A")))
            #expect(head.position == .at(1))
            try await writer.accept(ChangePrice(sku: sku("A"), price: .gbp("3")))
        }
    }

    @Test("Nobody goes back from what was appended since without saying so")
    func leaveBehind() async throws {
        try await data.write { _, writer in try await writer.sell(sku("A"), stock: 5) }
        defer { try? FileManager.default.removeItem(atPath: beside) }
        do {
            let migration = try migration(#"{"rename":"A","to":"B"}"#)
            try migration.advance()
            try migration.waitForWriter()
            try migration.exchange()
        }
        try await data.write { _, writer in try await writer.accept(ChangePrice(sku: sku("B"), price: .gbp("3"))) }
        try await refused { try LogMigration.goBack(data.path, beside, leavesBehind: false) }
        try LogMigration.goBack(data.path, beside, leavesBehind: true)
        try await data.open(.readOnly) { #expect($0.log.headPosition == .at(2)) }
        try await refused { try LogMigration.goBack(data.path, beside, leavesBehind: true) }
    }

    @Test("A directory that is something else is not touched; what an interrupted migration left is begun anew")
    func place() async throws {
        try await data.write { _, writer in try await writer.sell(sku("A"), stock: 5) }
        defer { try? FileManager.default.removeItem(atPath: beside) }
        try FileManager.default.createDirectory(atPath: beside, withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: URL(filePath: beside + "/file"))
        try await refused { _ = try migration(#"{"rename":"A","to":"B"}"#) }
        #expect(try String(contentsOfFile: beside + "/file", encoding: .utf8) == "mine")
        try Data().write(to: URL(filePath: beside + "/unfinished"))
        try migration(#"{"rename":"A","to":"B"}"#).advance()
        #expect(!FileManager.default.fileExists(atPath: beside + "/file"))
    }

    private func refused(_ body: () throws -> Void) async throws { _ = try await fault(.directory, body) }
}

@Suite("The check of a log that was made of another")
struct RewriteCheckTests {
    @Test("One event dropped, doubled, or another amount is found, whatever it is")
    func tampering() async throws {
        var shop = RandomShop(seed: .of("check"))
        let data = try TemporaryData()
        try await data.write { _, writer in
            for _ in 0..<400 { _ = await writer.submit(try shop.submission()) }
        }
        let events = try await data.open { store in
            try store.log.read(after: .start, limit: 100_000).map {
                Recorded(record: $0, event: try store.events.event(of: $0))
            }
        }
        let edits = try LogEdits(Array(#"{"reason":"w","edits":[{"drop":"cart-none"}]}"#.utf8))
        func differences(_ new: [Recorded]) -> [String] {
            var check = RewriteCheck(edits)
            for event in events { check.addOld(event) }
            for event in new { check.addNew(event) }
            return check.differences(dropped: 0, added: 0)
        }
        #expect(differences(events) == [])
        var random = SplitMix64.of("tampering")
        for _ in 0..<40 {
            let index = events.indices.randomElement(using: &random)!
            var tampered = events
            tampered.remove(at: index)
            #expect(differences(tampered) != [], "without \(events[index].record.type.name)")
            tampered.insert(events[index], at: index)
            tampered.insert(events[index], at: index)
            #expect(differences(tampered) != [], "twice \(events[index].record.type.name)")
        }
        for (index, event) in events.enumerated() {
            guard case .stock(.received(let goods, let reference)) = event.event else { continue }
            var tampered = events
            let more = StockItem.Allocation(location: goods.location, quantity: goods.quantity + 1)
            tampered[index] = Recorded(record: event.record, event: .stock(.received(more, reference: reference)))
            #expect(differences(tampered) != [])
        }
    }
}
