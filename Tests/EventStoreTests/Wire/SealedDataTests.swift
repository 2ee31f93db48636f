import EventStore
import Foundation
import LMDB
import Ledger
import Testing

@testable import EventStore

@Suite("Personal data in records")
struct SealedDataTests {
    private let person = "12583"
    private let contact = SampleContacts.whole

    @Test("Nothing of a person stands in an event's bytes in clear")
    func nothingInClear() async throws {
        try await TemporaryData().open { store in
            for event in SampleEvents.all {
                let payload = String(decoding: try store.events.encode(event).payload, as: UTF8.self)
                for word in SampleContacts.clear { #expect(!payload.contains(word), "\(word)") }
            }
        }
    }

    @Test("Nothing of a person stands in any file of the store in clear")
    func nothingInFiles() async throws {
        let data = try TemporaryData()
        try await data.write { _, writer in
            try await writer.sell(sku("A"), stock: 5)
            try await writer.accept(AddToCart(cart: cart("c"), sku: sku("A"), quantity: 1))
            try await writer.accept(PlaceOrder(cart: cart("c"), order: order("o"), contact: contact))
        }
        for file in ["log/data.mdb", "index/data.mdb", "keys/data.mdb"] {
            let bytes = Data(try data.bytes(of: file))
            for word in SampleContacts.clear where word != "Ada" {  // Three bytes may come about by chance.
                #expect(bytes.firstRange(of: Data(word.utf8)) == nil, "\(word) in \(file)")
            }
        }
    }

    @Test("What was sealed opens again with the saved key, also after reopening")
    func opensAgain() async throws {
        let data = try TemporaryData()
        let box = try await data.open { store in
            let box = try store.keyring.seal(contact, person: person)
            #expect(try store.keyring.open(box, person: person) == contact)
            try store.keyring.save()
            return box
        }
        try await data.open { store throws in
            #expect(try store.keyring.open(box, person: person) == contact)
        }
    }

    @Test("The same data sealed twice gives different bytes")
    func freshNonce() async throws {
        try await TemporaryData().open { store in
            let one = try store.keyring.seal(contact, person: person)
            let other = try store.keyring.seal(contact, person: person)
            #expect(one != other)
            #expect(one.count == other.count)
        }
    }

    @Test("A key that was discarded with its command opens nothing")
    func discarded() async throws {
        try await TemporaryData().open { store in
            let box = try store.keyring.seal(contact, person: person)
            store.keyring.discardUnsaved()
            try await fault(.corrupt) { try store.keyring.open(box, person: person) }
        }
    }

    @Test("Where a person's key was destroyed the person is gone, and the order and its record are as they were")
    func destroyed() async throws {
        let data = try TemporaryData()
        try await data.write { _, writer in
            try await writer.sell(sku("A"), stock: 5)
            try await writer.accept(AddToCart(cart: cart("c"), sku: sku("A"), quantity: 1))
            try await writer.accept(PlaceOrder(cart: cart("c"), order: order("o"), contact: contact))
        }
        let (before, placed) = try await data.open { store in try placement(in: store) }
        #expect(placed.contact == contact)
        try data.eraseEveryPerson()
        try await data.open { store in
            let (after, erased) = try placement(in: store)
            #expect(after == before)
            #expect(erased.contact == nil)
            #expect(erased.lines == placed.lines)
            #expect(erased.total == placed.total)
        }
    }

    @Test("Another keyring opens nothing, and does not take a person it does not know for an erased one")
    func anotherKeyring() async throws {
        let box = try await TemporaryData().open { store in try store.keyring.seal(contact, person: person) }
        try await TemporaryData().open { store throws in
            try await fault(.corrupt) { try store.keyring.open(box, person: person) }
        }
    }

    @Test("Another key of the same person, another person's name or a flipped bit is damage, never another contact")
    func wrongKey() async throws {
        let (box, others) = try await TemporaryData().open { store in
            (try store.keyring.seal(contact, person: person), try store.keyring.seal(contact, person: "order:o"))
        }
        try await TemporaryData().open { store in
            var own = try store.keyring.seal(contact, person: person)
            try await fault(.corrupt) { try store.keyring.open(box, person: person) }
            _ = try store.keyring.seal(contact, person: "order:o")
            try await fault(.corrupt) { try store.keyring.open(others, person: "order:o") }
            try await fault(.corrupt) { try store.keyring.open(own, person: "order:o") }
            own[own.count / 2] ^= 1
            try await fault(.corrupt) { try store.keyring.open(own, person: person) }
            try await fault(.corrupt) { try store.keyring.open([], person: person) }
        }
    }

    @Test("Damaged personal data is named by the position of its record")
    func namedByPosition() async throws {
        let placed = try #require(GoldenRecords.events.first { $0.type == .orderPlaced })
        let payload = try await TemporaryData().open { store in try store.events.encode(placed.event).payload }
        try await TemporaryData().open { store in
            _ = try store.keyring.seal(contact, person: person)
            let record = Record.sample(.orderPlaced, at: 41, payload: payload)
            try damage(at: 41) { try store.events.event(of: record) }
        }
    }

    @Test("A key is durable before the record sealed with it: no acknowledged person is lost by a restart")
    func savedByTheWriter() async throws {
        let data = try TemporaryData()
        try await data.write { _, writer in
            try await writer.sell(sku("A"), stock: 50)
            for index in 1...5 {
                let cart = cart("c\(index)")
                try await writer.accept(AddToCart(cart: cart, sku: sku("A"), quantity: 1))
                try await writer.accept(PlaceOrder(cart: cart, order: order("o\(index)"), contact: contact))
            }
        }
        try await data.open { store in
            let records = try store.log.read(after: .start, limit: 1_000).filter { $0.type == .orderPlaced }
            #expect(records.count == 5)
            for record in records {
                guard case .order(.placed(let placement)) = try store.events.event(of: record) else {
                    Issue.record("\(record) is an order")
                    continue
                }
                #expect(placement.contact == contact)
            }
        }
    }

    private func placement(in store: Store) throws -> (Record, Order.Placement) {
        let head = try store.index.head(of: .order(order("o")))
        let record = try #require(try store.log.record(at: head.position))
        guard case .order(.placed(let placement)) = try store.events.event(of: record) else {
            throw EventStoreError(.undecodable, "\(record) is no order")
        }
        return (record, placement)
    }
}
