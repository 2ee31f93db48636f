import EventStore
import Foundation
import Ledger
import Testing

@testable import EventStore

@Suite("Events as protobuf")
struct EventCodecTests {
    @Test("There is a sample of every kind of event")
    func everyKind() async throws {
        try await TemporaryData().open { store in
            let types = try SampleEvents.all.map { try store.events.encode($0).type }
            #expect(Set(types) == Set(EventType.current))
        }
    }

    @Test("Every event comes back as it was")
    func roundTrip() async throws {
        try await TemporaryData().open { store in
            for event in SampleEvents.all {
                let (type, payload) = try store.events.encode(event)
                let decoded = try EventCodec.decode(type, payload) { try store.keyring.open($0, person: $1) }
                #expect(decoded == event.event)
                #expect(type.category == event.stream.category)
            }
        }
    }

    @Test("Two events which differ are stored as different bytes")
    func distinct() throws {
        // Contacts are left out: their bytes differ by the nonce each time.
        let events = SampleEvents.all.filter { event in
            if case .order(.placed(let placement)) = event.event { placement.contact == nil } else { true }
        }
        var seen: [[UInt8]] = []
        for event in events {
            let (type, payload) = try EventCodec.encode(event) { _, _ in preconditionFailure("no contacts here") }
            let bytes = [UInt8(type.rawValue)] + payload
            #expect(!seen.contains(bytes), "\(event)")
            seen.append(bytes)
        }
    }

    @Test("Bytes which are no such event are undecodable, and the position is named")
    func undecodable() async throws {
        try await TemporaryData().open { store in
            for type in EventType.allCases {
                // A field of length 127 with nothing behind it.
                let record = Record.sample(type, at: 41, payload: [0x0A, 0x7F])
                let error = try await fault(.undecodable) { try store.events.event(of: record) }
                #expect(error.message.contains("position 41 "))
                #expect(error.message.contains(type.name))
            }
        }
    }

    @Test("An order rounded by a rule of a newer program is undecodable, not guessed")
    func unknownRounding() async throws {
        try await TemporaryData().open { store in
            let record = Record.sample(.orderPlaced, at: 5, payload: [0x50, 0x09])  // rounding = 9
            let error = try await fault(.undecodable) { try store.events.event(of: record) }
            #expect(error.message.contains("position 5 "))
        }
    }
}
