import EventStore
import Foundation
import Ledger
import TestTools
import Testing

@testable import EventStore

@Suite("A record's bytes")
struct RecordTests {
    @Test("CRC-32C gives the check value of its definition, whatever the length")
    func checksum() {
        func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { CRC32C.checksum($0) } }
        #expect(checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(checksum([]) == 0)
        // RFC 3720, appendix B.4.
        #expect(checksum(Array(repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(checksum(Array(repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(checksum(Array(0..<32)) == 0x46DD_794E)
        #expect(checksum(Array((0..<32).reversed())) == 0x113F_DB5C)
    }

    @Test("Eight bytes a step gives what bit by bit gives")
    func checksumOfEveryLength() {
        var random = SplitMix64.of("checksum")
        for length in 0..<70 {
            let bytes = random.bytes(length)
            var crc: UInt32 = 0xFFFF_FFFF
            for byte in bytes {
                crc ^= UInt32(byte)
                for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
            }
            #expect(bytes.withUnsafeBytes { CRC32C.checksum($0) } == ~crc)
        }
    }

    @Test("Random records come back as they were, with the checksum of their bytes", arguments: 0..<500)
    func roundTrip(index: Int) throws {
        var random = SplitMix64.of("records", index)
        var record = Record.random(using: &random)
        let bytes = record.encoded()
        record.checksum = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self).littleEndian }
        #expect(record.checksum != 0)
        #expect(try Record.decode(bytes.span.bytes, at: record.position) == record)
    }

    @Test("The same record is always the same bytes")
    func canonical() throws {
        var random = SplitMix64.of("canonical")
        for _ in 0..<100 {
            let record = Record.random(using: &random)
            let bytes = record.encoded()
            #expect(record.encoded() == bytes)
            #expect(try Record.decode(bytes.span.bytes, at: record.position).encoded() == bytes)
        }
    }

    @Test("Every single flipped bit is found and named by the position", arguments: 0..<4)
    func flippedBits(index: Int) throws {
        var random = SplitMix64.of("flips", index)
        let record = Record.random(using: &random)
        let bytes = record.encoded()
        for bit in 0..<bytes.count * 8 {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << (bit % 8)
            try damage(at: record.position.rawValue) {
                try Record.decode(flipped.span.bytes, at: record.position)
            }
        }
    }

    @Test("A byte of any other value in any place is found")
    func changedBytes() throws {
        let record = Record.sample(.stockReceived, at: 300, payload: [1, 2, 3])
        let bytes = record.encoded()
        for index in bytes.indices {
            for difference in UInt8(1)...255 {
                var changed = bytes
                changed[index] ^= difference
                #expect(throws: EventStoreError.self) { try Record.decode(changed.span.bytes, at: record.position) }
            }
        }
    }

    @Test("A record cut short at any length, or with a byte too many, is refused", arguments: 0..<4)
    func truncated(index: Int) throws {
        var random = SplitMix64.of("truncated", index)
        let record = Record.random(using: &random)
        let bytes = record.encoded()
        for length in 0..<bytes.count {
            let short = Array(bytes[..<length])
            try damage(at: record.position.rawValue) { try Record.decode(short.span.bytes, at: record.position) }
        }
        let long = bytes + [0]
        try damage(at: record.position.rawValue) { try Record.decode(long.span.bytes, at: record.position) }
    }

    @Test("What is longer than any record is damage, and is not read to its end")
    func tooLong() throws {
        let long = Record.sample(.stockReceived, at: 7, payload: Array(repeating: 1, count: Record.bytesMax)).encoded()
        try damage(at: 7) { try Record.decode(long.span.bytes, at: .at(7)) }
    }

    @Test("A record found at another position than its own is refused, naming where it was found")
    func misplaced() throws {
        let bytes = Record.sample(.stockReceived, at: 7, payload: []).encoded()
        for place: UInt64 in [1, 6, 8, 7 << 32, .max] {
            try damage(at: place) { try Record.decode(bytes.span.bytes, at: .at(place)) }
        }
    }

    @Test("Fields which are impossible are refused though the checksum matches")
    func impossibleFields() throws {
        // Its bytes: 4 checksum, 1 format, 1 type, 1 position, 1 category, 1+1 id, 1 version, 1 step, …
        let bytes = Record.sample(.stockReceived, at: 7, payload: []).encoded()
        #expect(Array(bytes[4..<12]) == [1, 10, 7, 2, 1, UInt8(ascii: "A"), 1, 0])
        for (index, value, why) in [
            (4, 2, "an unknown format"), (5, 9, "an unknown type"), (5, 20, "a type of another category"),
            (7, 9, "an unknown category"), (7, 3, "another category than the type's"), (8, 99, "an id too long"),
            (9, 0xFF, "an id that is no text"), (11, 7, "a previous position of 0"), (11, 8, "one below 0"),
        ] as [(Int, UInt8, Comment)] {
            var changed = bytes
            changed[index] = value
            changed.seal()
            #expect(throws: EventStoreError.self, why) { try Record.decode(changed.span.bytes, at: .at(7)) }
        }
    }

    @Test("Whatever stands in a record whose checksum matches, reading it ends well or says that it is damaged")
    func garbage() async {
        await #expect(processExitsWith: .success) {
            await reporting {
                var random = SplitMix64.of("garbage")
                for _ in 0..<20_000 {
                    let record = Record.random(using: &random)
                    var bytes = record.encoded()
                    for _ in 0..<Int.random(in: 1...8, using: &random) {
                        bytes[Int.random(in: 4..<bytes.count, using: &random)] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(
                            using: &random)!
                    }
                    if Bool.random(using: &random) {
                        bytes.removeLast(Int.random(in: 0..<bytes.count - 5, using: &random))
                    }
                    bytes.seal()
                    let decoded = Result { try Record.decode(bytes.span.bytes, at: record.position) }
                    if case .failure(let error) = decoded {
                        #expect((error as? EventStoreError)?.code == .corrupt)
                    }
                }
            }
        }
    }

    @Test("A count beyond any number of events is refused as damage and doesn't end the process")
    func impossibleCount() async {
        await #expect(processExitsWith: .success) {
            await reporting {
                let sample = Record.sample(.stockReceived, at: 7, payload: []).encoded()
                // …, 8 recorded, 1 effective, 1+4 actor, 1+3 key, ordinal, count, 8 fingerprint, 1 correlation.
                let countIndex = 12 + 8 + 1 + 5 + 4 + 1
                #expect(sample[countIndex - 1..<countIndex + 1] == [0, 1])
                var bytes = sample
                bytes.replaceSubrange(countIndex...countIndex, with: Array(repeating: 0xFF, count: 9) + [1])
                bytes.seal()
                try damage(at: 7) { try Record.decode(bytes.span.bytes, at: .at(7)) }
            }
        }
    }
}

extension [UInt8] {
    /// Makes the checksum fit what follows it.
    fileprivate mutating func seal() {
        let checksum = self[4...].withUnsafeBytes { CRC32C.checksum($0) }
        replaceSubrange(0..<4, with: (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (8 * $0)) })
    }
}

extension Record {
    /// A record with little in it, the first of its stream.
    static func sample(
        _ type: EventType, at place: UInt64, version: UInt64 = 1, previous: UInt64 = 0, id: String = "A",
        key: String = "key", recordedAt: Timestamp = .noon, payload: [UInt8]
    ) -> Record {
        Record(
            position: .at(place), stream: StreamName(type.category, id), version: Version(rawValue: version),
            storedType: type, recordedAt: recordedAt, effectiveAt: .noon, actor: "test", key: key, ordinal: 0, count: 1,
            fingerprint: 17, correlation: "", previous: .at(previous), payload: payload)
    }

    static func random(using random: inout SplitMix64) -> Record {
        let type = EventType.allCases.randomElement(using: &random)!
        let place = random.number(from: 1)
        let count = Int.random(in: 1...3_000, using: &random)
        let ordinal = Bool.random(using: &random) ? 0 : Int.random(in: 0..<count, using: &random)
        return Record(
            position: .at(place), stream: StreamName(type.category, random.text(1...64)),
            version: Version(rawValue: random.number(from: 1)), storedType: type, recordedAt: random.time(),
            effectiveAt: random.time(), actor: random.text(0...40), key: random.text(1...128), ordinal: ordinal,
            count: count, fingerprint: ordinal == 0 ? random.next() : 0, correlation: random.text(0...128),
            previous: .at(place == 1 || Bool.random(using: &random) ? 0 : random.next() % (place - 1) + 1),
            payload: random.bytes(Int.random(in: 0...200, using: &random)))
    }
}

extension SplitMix64 {
    /// Of all lengths alike, so that short and long varints come.
    fileprivate mutating func number(from least: UInt64) -> UInt64 {
        max(least, next() >> UInt64.random(in: 0..<64, using: &self))
    }

    fileprivate mutating func text(_ bytes: ClosedRange<Int>) -> String {
        let length = Int.random(in: bytes, using: &self)
        var text = ""
        while text.utf8.count < length {
            let next = ["a", "Z", "-", "0", "é", "♥", "𝄞", "\u{0}"].randomElement(using: &self)!
            text += text.utf8.count + next.utf8.count <= length ? next : "x"
        }
        return text
    }

    /// Within the years 0001 to 9999.
    fileprivate mutating func time() -> Timestamp {
        Timestamp(microseconds: .random(in: -62_135_596_800_000_000...253_402_300_799_999_999, using: &self))
    }
}
