import EventStore
import Foundation
import Ledger
import Testing

@testable import EventStore

@Suite("Refused commands", .timeLimit(.minutes(5)))
struct RefusalTests {
    @Test("A refusal leaves nothing, alone and among accepted neighbours")
    func leavesNothing() async throws {
        let data = try TemporaryData()
        try await data.write { store, writer in
            try await writer.sell(sku("A"), stock: 5)
            let tooMuch = try ReserveStock(sku: sku("A"), quantity: 6)
            #expect(try await writer.outcome(of: tooMuch, key: "refused").refusal == .notEnoughStock)
            #expect(store.log.headPosition == .at(2))
            let outcomes = try await writer.outcomes(of: [
                Scripted.note("one"), tooMuch, Scripted.note("two"), tooMuch, Scripted.note("three"),
            ])
            #expect(outcomes.map { $0.receipt?.position.rawValue } == [3, nil, 4, nil, 5])
            #expect(outcomes.map(\.refusal) == [nil, .notEnoughStock, nil, .notEnoughStock, nil])
            #expect(try store.index.position(ofKey: "refused") == nil)
        }
        try await data.open { store in
            #expect(store.log.headPosition == .at(5))
            try store.expectIndexToFit()
        }
    }

    @Test("Where one of a command's events is too large none of them is written, and the working state is as before")
    func recordTooLarge() async throws {
        try await TemporaryData().write { store, writer in
            try await writer.sell(sku("A"), stock: 5)
            let head = store.log.headPosition
            let large = Scripted(words: "large") { _, _ in
                let word = String(repeating: "x", count: Record.bytesMax)
                return [
                    .of(sku("A"), .received(.at("main", 100), reference: nil)),
                    .of(sku("B"), .registered(.init(name: word))),
                ]
            }
            let outcomes = try await writer.outcomes(of: [
                large, Scripted.note("one"), try ReserveStock(sku: sku("A"), quantity: 6),
            ])
            #expect(outcomes[0].refusal == .recordTooLarge)
            #expect(outcomes[2].refusal == .notEnoughStock, "the first event of the refused command was not applied")
            #expect(store.log.headPosition == head.advanced(by: 1))
        }
    }

    @Test("A product with more text than a record holds is refused, and its SKU stays free")
    func largeProduct() async throws {
        try await TemporaryData().write { store, writer in
            let text = String(repeating: "x", count: 10_000)
            let attributes = (1...7).map { Product.Attribute(name: "a\($0)", value: text) }
            let register = try RegisterProduct(sku: sku("A"), details: .init(name: "Goods", attributes: attributes))
            #expect(try await writer.outcome(of: register, key: "key").refusal == .recordTooLarge)
            #expect(store.log.headPosition == .start)
            try await writer.accept(RegisterProduct(sku: sku("A"), details: .init(name: "Goods")), key: "key")
        }
    }

    @Test("The largest event that fits is accepted")
    func largestRecord() async throws {
        try await TemporaryData().write { store, writer in
            func register(_ count: Int) -> Scripted {
                Scripted(words: "w") { _, _ in
                    [.of(sku("A"), .registered(.init(name: String(repeating: "x", count: count))))]
                }
            }
            // Around a name of 16,384 bytes or more stands always the same number of bytes.
            try await writer.accept(register(20_000), key: "k1")
            let bytes = try #require(try store.log.record(at: .at(1))).encoded().count
            let rest = bytes - 20_000
            #expect(
                try await writer.outcome(of: register(Record.bytesMax - rest + 1), key: "k2").refusal == .recordTooLarge
            )
            try await writer.accept(register(Record.bytesMax - rest), key: "k2")
            #expect(try store.log.record(at: .at(2))?.encoded().count == Record.bytesMax)
        }
    }

    @Test("What the books throw fails the command alone")
    func fault() async throws {
        struct Broken: Error {}
        try await TemporaryData().write { store, writer in
            let outcomes = try await writer.outcomes(of: [
                Scripted.note("one"), Scripted { _, _ in throw Broken() }, Scripted.note("two"),
            ])
            #expect(outcomes.map { $0.receipt != nil } == [true, false, true])
            #expect(outcomes[1].fault != nil)
            #expect(writer.fault == nil)
            #expect(store.log.headPosition == .at(2))
        }
    }
}
