import EventStore
import Foundation
import Ledger
import Testing

@testable import EventStore

@Suite("Command keys", .timeLimit(.minutes(5)))
struct IdempotencyTests {
    private let place: [any Command]
    private let again: Submission

    init() throws {
        place = [
            try RegisterProduct(sku: sku("A"), details: .init(name: "Goods", price: .gbp("2.55"))),
            try ReceiveStock(sku: sku("A"), location: Location(trusted: "main"), quantity: 9),
            try AddToCart(cart: cart("c"), sku: sku("A"), quantity: 2),
        ]
        again = try Submission(
            PlaceOrder(cart: cart("c"), contact: SampleContacts.whole), key: "place", actor: "test")
    }

    @Test("The same command with the same key gets the first receipt: in one batch, later, and after reopening")
    func repeated() async throws {
        let data = try TemporaryData()
        let first = try await data.write { store, writer in
            let outcomes = await writer.submit(try place.map { try Submission($0, actor: "test") } + [again, again])
            let (first, second) = (try #require(outcomes[3].receipt), try #require(outcomes[4].receipt))
            #expect(!first.isRepeated)
            first.expectRepeated(second)
            #expect(first.result.fields.map(\.name) == ["order", "number", "total"])
            first.expectRepeated(try #require(await writer.submit(again).receipt))
            #expect(store.log.headPosition == first.position)
            return first
        }
        try await data.write { store, writer in
            first.expectRepeated(try #require(await writer.submit(again).receipt))
            #expect(store.log.headPosition == first.position)
        }
        try data.remove("index")
        try await data.write { store, writer in
            first.expectRepeated(try #require(await writer.submit(again).receipt))
            try await writer.accept(AddToCart(cart: cart("d"), sku: sku("A"), quantity: 1), key: "next")
            first.expectRepeated(try #require(await writer.submit(again).receipt))
            #expect(store.log.headPosition == first.position.advanced(by: 1))
        }
    }

    @Test("Another submission of the same command, by another, at another time, is the same command")
    func whatCounts() async throws {
        try await TemporaryData().write { _, writer in
            let note = Scripted.note("one")
            let first = try await writer.accept(note, key: "key")
            let other = try Submission(
                note, key: "key", expectedVersion: .at(99), actor: "somebody else", correlation: "retry",
                effectiveAt: .noon)
            first.expectRepeated(try #require(await writer.submit(other).receipt))
        }
    }

    @Test("The same key for another command is refused, and says where the first one stands")
    func reused() async throws {
        let data = try TemporaryData()
        try await data.write { store, writer in
            try await writer.accept(Scripted.note("zero"))
            let outcomes = await writer.submit([
                try Submission(Scripted.note("one"), key: "key", actor: "test"),
                try Submission(Scripted.note("two"), key: "key", actor: "test"),
            ])
            #expect(outcomes[0].receipt?.position == .at(2))
            #expect(outcomes[1].positionOfReusedKey == .at(2))
            #expect(try await writer.outcome(of: Scripted.note("two"), key: "key").positionOfReusedKey == .at(2))
            #expect(store.log.headPosition == .at(2))
        }
        for isIndexRemoved in [false, true] {
            if isIndexRemoved { try data.remove("index") }
            try await data.write { store, writer async throws in
                #expect(try await writer.outcome(of: Scripted.note("two"), key: "key").positionOfReusedKey == .at(2))
                #expect(store.log.headPosition == .at(2))
            }
        }
    }

    @Test("A command of another kind with the same words is another command")
    func anotherKind() async throws {
        struct Other: Command {
            static let name = "other"
            var subject: StreamName? { nil }
            func decide(_ books: any Books, _ moment: Moment) -> [StreamEvent] { [] }
            func describe(to bytes: inout CanonicalBytes) { bytes.add("words") }
        }
        try await TemporaryData().write { _, writer in
            try await writer.accept(Scripted.note("words"), key: "key")
            #expect(try await writer.outcome(of: Other(), key: "key").positionOfReusedKey == .at(1))
        }
        #expect(Scripted.note("words").fingerprint != Other().fingerprint)
    }

    @Test("A refused command leaves its key free: it is decided anew, and so is another one")
    func refusedKey() async throws {
        try await TemporaryData().write { store, writer in
            let reserve = try ReserveStock(sku: sku("A"), quantity: 1)
            #expect(try await writer.outcome(of: reserve, key: "key").refusal == .unknownProduct)
            let outcomes = await writer.submit(
                try [reserve, place[0], reserve, place[1], reserve, reserve].map {
                    try Submission($0, key: $0 is ReserveStock ? "key" : nil, actor: "test")
                })
            #expect(outcomes.map(\.refusal) == [.unknownProduct, nil, .notEnoughStock, nil, nil, nil])
            #expect(outcomes.map { $0.receipt?.isRepeated } == [nil, false, nil, false, false, true])
            #expect(store.log.headPosition == .at(3))
        }
    }

    @Test("Without a key a command is meant anew each time")
    func withoutKey() async throws {
        try await TemporaryData().write { store, writer in
            for command in place { try await writer.accept(command) }
            for count: UInt64 in 1...3 {
                try await writer.accept(ReserveStock(sku: sku("A"), quantity: 1))
                #expect(store.log.headPosition == .at(3 + count))
            }
        }
    }

    @Test("Keys are told apart to the letter, however long")
    func letters() async throws {
        try await TemporaryData().write { store, writer in
            let long = String(repeating: "k", count: 127)
            let keys = ["k", "K", "é", "e\u{301}", long + "1", long + "2"]
            for (index, key) in keys.enumerated() {
                let receipt = try await writer.accept(Scripted.note("note-\(index)"), key: key)
                #expect(!receipt.isRepeated, "\(key)")
            }
            for (index, key) in keys.enumerated() {
                #expect(try await writer.accept(Scripted.note("note-\(index)"), key: key).isRepeated, "\(key)")
            }
        }
    }

    @Test("A key is 1 to 128 bytes without control characters")
    func invalidKeys() {
        for key in ["", " k", "k\n", "k\u{0}", String(repeating: "k", count: 129)] {
            #expect(throws: InvalidValue.self, "\(key.count)") {
                try Submission(Scripted.note("one"), key: key, actor: "test")
            }
        }
    }

    @Test("A repeated order of a person who was erased since is answered as the first time")
    func erasedPerson() async throws {
        let data = try TemporaryData()
        let first = try await data.write { _, writer in
            for command in place { try await writer.accept(command) }
            return try #require(await writer.submit(again).receipt)
        }
        try data.eraseEveryPerson()
        try await data.write { _, writer in
            first.expectRepeated(try #require(await writer.submit(again).receipt))
        }
    }
}

extension Receipt {
    fileprivate func expectRepeated(_ other: Receipt, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(other.isRepeated, sourceLocation: sourceLocation)
        #expect(other.events == events, sourceLocation: sourceLocation)
        #expect(other.result == result, sourceLocation: sourceLocation)
        #expect(other.shown == shown, sourceLocation: sourceLocation)
        #expect(other.shownVersion == shownVersion, sourceLocation: sourceLocation)
    }
}
