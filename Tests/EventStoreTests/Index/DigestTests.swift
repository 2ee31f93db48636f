import Ledger
import TestTools
import Testing

@testable import EventStore

@Suite("Digests and what is kept by them")
struct DigestTests {
    /// The authors' reference: key 00 01 … 0f, message 00 01 … of each length.
    @Test("SipHash-2-4 of 128 bits is as in the reference code")
    func reference() {
        let key = DigestKey(first: 0x0706_0504_0302_0100, second: 0x0F0E_0D0C_0B0A_0908)
        let expected: [(length: Int, high: UInt64, low: UInt64)] = [
            (1, 0x44AF_996B_D8C1_87DA, 0x45FC_229B_1159_7634),
            (7, 0x53C1_DBD8_BEEB_F1A1, 0x3982_F01F_A64A_B8C0),
            (8, 0x61F5_5862_BAA9_623B, 0xB497_14F3_64E2_830F),
            (9, 0xABBA_D90A_0699_4426, 0xED71_6DBB_028B_7FC4),
            (15, 0x11A8_B033_99E9_9354, 0xD9C3_CF97_0FEC_087E),
            (16, 0xBB54_B067_CAA4_E26E, 0x7705_2385_BF15_33FD),
            (24, 0xD850_BD78_AE79_B42D, 0xAD32_618A_178A_2A88),
            (63, 0x4A83_502F_77D1_5051, 0x7CBD_3F97_9A06_3E50),
        ]
        for (length, high, low) in expected {
            // The kind is one more byte behind the text.
            let message = (0..<UInt8(length) - 1).map { $0 }
            let digest = message.withUnsafeBytes { key.digest(kind: UInt8(length) - 1, $0) }
            #expect(digest == Digest(high: high, low: low), "\(length) bytes")
        }
    }

    @Test("Every position is found again, the newest of each digest, and nothing else")
    func table() {
        var random = SplitMix64.of("digest table")
        var table = DigestTable(capacity: 4)
        var model: [Digest: Position] = [:]
        for position in 1...20_000 {
            let digest = Digest(high: random.next() % 3_000, low: random.next() % 4)
            table.set(digest, .at(UInt64(position)))
            model[digest] = .at(UInt64(position))
        }
        #expect(table.count == model.count)
        for (digest, position) in model { #expect(table[digest] == position) }
        #expect(table[Digest(high: 9_999, low: 1)] == nil)
        #expect(table.sorted.map(\.digest) == model.keys.sorted())
        table.removeThrough(.at(15_000))
        for (digest, position) in model { #expect(table[digest] == (position > .at(15_000) ? position : nil)) }
    }
}
