import EventStore
import Foundation
import Ledger
import TestTools
import Testing

@testable import EventStore

@Suite("Accepted commands", .timeLimit(.minutes(5)))
struct AcceptanceTests {
    @Test("A receipt names what stands in the log")
    func receipt() async throws {
        try await TemporaryData().write { store, writer in
            try await writer.sell(sku("A"), stock: 5)
            let added = try await writer.accept(AddToCart(cart: cart("c"), sku: sku("A"), quantity: 2))
            #expect(added.shown == .cart(cart("c")))
            #expect(added.shownVersion == .at(1))
            let submission = try Submission(
                PlaceOrder(cart: cart("c"), order: order("o")), key: "place", actor: "ada", correlation: "request 7",
                effectiveAt: .noon)
            let placed = try #require(await writer.submit(submission).receipt)
            #expect(placed.events.map(\.type) == [.stockReserved, .cartOrdered, .orderPlaced, .orderNumberAssigned])
            #expect(placed.events.map(\.version) == [.at(2), .at(2), .at(1), .at(1)])
            #expect(placed.position == .at(7))
            #expect(placed.shown == .order(order("o")))
            #expect(placed.shownVersion == .at(1))
            #expect(!placed.isRepeated)
            let records = try store.log.read(after: .at(3), limit: 9)
            #expect(records.map(\.position) == placed.events.map(\.position))
            #expect(records.map(\.stream) == placed.events.map(\.stream))
            #expect(records.map(\.version) == placed.events.map(\.version))
            #expect(records.map(\.type) == placed.events.map(\.type))
            #expect(records.map(\.ordinal) == [0, 1, 2, 3])
            for record in records {
                #expect(record.actor == "ada")
                #expect(record.correlation == "request 7")
                #expect(record.effectiveAt == .noon)
                #expect(record.key == "place")
                #expect(record.count == 4)
            }
            #expect(records.map(\.previous) == [.at(2), .at(3), .start, .start])
        }
    }

    @Test("Positions have no gap and versions follow one another, whatever the groups")
    func gapless() async throws {
        let data = try TemporaryData()
        var options = Writer.Options()
        options.batchCommandsMax = 7
        options.batchBytesMax = 400
        try await data.write(options) { store, writer in
            try await writer.sell(sku("A"), stock: 100)
            try await withThrowingTaskGroup { group in
                for task in 1...8 {
                    group.addTask {
                        for step in 1...10 {
                            let cart = cart("c-\(task)")
                            let add = try AddToCart(cart: cart, sku: sku("A"), quantity: 1)
                            let refused = RemoveFromCart(cart: cart, sku: sku("none"))
                            let price = try ChangePrice(sku: sku("A"), price: .gbp("\(step)"))
                            let outcomes = try await writer.outcomes(of: [add, refused, price])
                            #expect(outcomes.map { $0.receipt != nil } == [true, false, true])
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(store.log.headPosition == .at(162))
        }
        try await data.open { store in
            #expect(try store.log.read(after: .start, limit: .max).count == 162)
            try store.expectIndexToFit()
        }
    }

    @Test("A command sees what the commands before it in the same group did")
    func sameGroup() async throws {
        try await TemporaryData().write { store, writer in
            let place = Location(trusted: "main")
            let commands: [any Command] = [
                try RegisterProduct(sku: sku("A"), details: .init(name: "Goods", price: .gbp("2.55"))),
                try RegisterProduct(sku: sku("A"), details: .init(name: "Goods again", price: .gbp("2"))),
                try ReserveStock(sku: sku("A"), quantity: 1),
                try ReceiveStock(sku: sku("A"), location: place, quantity: 3),
                try ReserveStock(sku: sku("A"), quantity: 2, reservation: reservation("r-1")),
                try ReserveStock(sku: sku("A"), quantity: 2, reservation: reservation("r-2")),
                ReleaseStock(sku: sku("A"), reservation: reservation("r-1")),
                try ReserveStock(sku: sku("A"), quantity: 2, reservation: reservation("r-2")),
                try AddToCart(cart: cart("c"), sku: sku("A"), quantity: 1),
                try PlaceOrder(cart: cart("c"), order: order("o")),
                try PlaceOrder(cart: cart("c"), order: order("o-2")),
                try FulfilOrder(order: order("o")),
            ]
            let outcomes = try await writer.outcomes(of: commands)
            #expect(
                outcomes.map(\.refusal) == [
                    nil, .productExists, .notEnoughStock, nil, nil, .notEnoughStock, nil, nil, nil, nil, .cartClosed,
                    nil,
                ])
            let positions = outcomes.compactMap(\.receipt).flatMap(\.events).map(\.position.rawValue)
            #expect(positions == Array(1...UInt64(positions.count)))
            #expect(store.log.headPosition.rawValue == UInt64(positions.count))
        }
    }

    @Test("When a command is answered it is durable and those who wait for it are awake")
    func durableWhenAnswered() async throws {
        let data = try TemporaryData()
        try await data.write { store, writer in
            let log = store.log
            let waiting = Task.immediate { await log.head.reached(1, within: .patience) }
            let receipt = try await writer.accept(Scripted.note("one"))
            #expect(await waiting.value)
            #expect(try store.log.refreshHead() == receipt.position)
            #expect(try store.log.record(at: receipt.position) != nil)
        }
    }

    @Test("A command that expects another version is refused with the version there is, and changes nothing")
    func expectedVersion() async throws {
        try await TemporaryData().write { store, writer in
            try await writer.sell(sku("A"), stock: 5)
            let price = try ChangePrice(sku: sku("A"), price: .gbp("3"))
            for wrong: UInt64 in [0, 2, 99] {
                guard
                    case .versionMismatch(let stream, let actual) =
                        try await writer.outcome(of: price, expecting: .at(wrong))
                else {
                    Issue.record("version \(wrong) was accepted")
                    continue
                }
                #expect(stream == .product(sku("A")))
                #expect(actual == .at(1))
            }
            #expect(store.log.headPosition == .at(2))
            let receipt = try #require(try await writer.outcome(of: price, expecting: .at(1)).receipt)
            #expect(receipt.shownVersion == .at(2))
            // The same again: now it stands at 2.
            guard case .versionMismatch(_, let actual) = try await writer.outcome(of: price, expecting: .at(1)) else {
                Issue.record("the version before was accepted")
                return
            }
            #expect(actual == .at(2))
        }
    }

    @Test("Version 0 is expected of what doesn't exist yet, and commands of one group count")
    func expectedNone() async throws {
        try await TemporaryData().write { _, writer in
            let register = try RegisterProduct(sku: sku("A"), details: .init(name: "Goods", price: .gbp("1")))
            let price = try ChangePrice(sku: sku("A"), price: .gbp("2"))
            let outcomes = await writer.submit([
                try Submission(register, expectedVersion: Version.none, actor: "test"),
                try Submission(price, expectedVersion: Version.none, actor: "test"),
                try Submission(price, expectedVersion: .at(1), actor: "test"),
                try Submission(
                    AddToCart(cart: nil, sku: sku("A"), quantity: 1), expectedVersion: Version.none, actor: "test"),
                try Submission(
                    try AddToCart(cart: nil, sku: sku("A"), quantity: 1), expectedVersion: .at(1), actor: "test"),
            ])
            #expect(outcomes.map { $0.receipt != nil } == [true, false, true, true, false])
        }
    }

    @Test("A new Writer on an old log goes on where it ended, with all that was known")
    func goesOn() async throws {
        let data = try TemporaryData()
        for run in 1...3 {
            try await data.write { store, writer in
                if run == 1 { try await writer.sell(sku("A"), stock: 10) }
                let receipt = try await writer.accept(ReserveStock(sku: sku("A"), quantity: 3))
                #expect(receipt.position == .at(UInt64(run) + 2))
                #expect(receipt.shownVersion == .at(UInt64(run) + 1))
            }
        }
        try await data.write { _, writer in
            let outcome = try await writer.outcome(of: ReserveStock(sku: sku("A"), quantity: 2))
            #expect(outcome.refusal == .notEnoughStock)
        }
    }

    @Test("Two stores in one process know nothing of each other")
    func twoStores() async throws {
        let one = try TemporaryData()
        let other = try TemporaryData()
        try await one.write { oneStore, oneWriter in
            try await other.write { otherStore, otherWriter in
                try await oneWriter.sell(sku("A"), stock: 1)
                #expect(
                    try await otherWriter.outcome(of: ReserveStock(sku: sku("A"), quantity: 1)).refusal
                        == .unknownProduct)
                #expect(oneStore.log.headPosition == .at(2))
                #expect(otherStore.log.headPosition == .start)
            }
        }
    }
}
