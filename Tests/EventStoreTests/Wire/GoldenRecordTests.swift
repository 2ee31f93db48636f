import EventStore
import Foundation
import LMDB
import Ledger
import Testing

@testable import EventStore

@Suite("Records written in the past")
struct GoldenRecordTests {
    @Test("There is one of every kind of event")
    func everyKind() {
        #expect(GoldenRecords.events.map(\.type) == EventType.allCases)
    }

    @Test("They decode for ever to what they told, with the keys of then", arguments: EventType.allCases)
    func decode(type: EventType) async throws {
        let golden = try #require(GoldenRecords.events.first { $0.type == type })
        try await Self.withKeysOfThen { store in
            let bytes = try Self.bytes(type, ifMissing: golden.event, in: store)
            let record = try Record.decode(bytes.span.bytes, at: .at(1_000_000 + UInt64(type.rawValue)))
            var expected = GoldenRecords.record(type, stream: golden.event.stream, payload: record.payload)
            expected.checksum = record.checksum
            #expect(record == expected)
            #expect(try store.events.event(of: record) == golden.event.event)
        }
    }

    @Test("Their events still encode to the same payloads", arguments: EventType.current)
    func encode(type: EventType) throws {
        let golden = try #require(GoldenRecords.events.first { $0.type == type })
        let bytes = try Self.bytes(type)
        let record = try Record.decode(bytes.span.bytes, at: .at(1_000_000 + UInt64(type.rawValue)))
        let (actual, payload) = try EventCodec.encode(golden.event) { _, person in
            #expect(person == "12583")
            // The nonce of a sealed box is drawn anew each time: the box of then is taken.
            var box: [UInt8]?
            _ = try EventCodec.decode(type, record.payload) { found, _ in
                box = found
                return nil
            }
            return try #require(box)
        }
        #expect(actual == type)
        #expect(payload == record.payload)
    }

    @Test("Every single flipped bit in them is found", arguments: EventType.allCases)
    func flippedBits(type: EventType) throws {
        let bytes = try Self.bytes(type)
        let place = 1_000_000 + UInt64(type.rawValue)
        for bit in 0..<bytes.count * 8 {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << (bit % 8)
            try damage(at: place) { try Record.decode(flipped.span.bytes, at: .at(place)) }
        }
    }

    private static func withKeysOfThen(_ body: (Store) throws -> Void) async throws {
        let data = try TemporaryData()
        let keys = try data.environment("keys")
        let persons = try keys.database(named: "persons", options: .create)
        let digest = try #require([UInt8](hexadecimal: GoldenRecords.person.digest))
        try keys.write { try $0.put(persons, key: digest, value: GoldenRecords.person.key) }
        _ = consume keys
        try await data.open { store in try body(store) }
    }

    /// Where a file is missing the failure says what belongs into it.
    private static func bytes(_ type: EventType, ifMissing event: StreamEvent? = nil, in store: Store? = nil) throws
        -> [UInt8]
    {
        let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = directory.appendingPathComponent("Fixtures/records/\(type.name).hex")
        if let text = try? String(contentsOf: file, encoding: .utf8) {
            return try #require([UInt8](hexadecimal: text.filter { !$0.isWhitespace }))
        }
        let (event, store) = (try #require(event), try #require(store))
        let record = GoldenRecords.record(type, stream: event.stream, payload: try store.events.encode(event).payload)
        let hexadecimal = record.encoded().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        throw EventStoreError(.undecodable, "There is no \(file.path). Its bytes would be \(hexadecimal)")
    }
}

extension [UInt8] {
    init?(hexadecimal text: String) {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == text.count, digits.count.isMultiple(of: 2) else { return nil }
        self = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
