import Ledger

/// What the index knows a stream or a command key by: 128 bits of SipHash-2-4 under a secret of the index.
///
/// Nobody outside knows the secret, so nobody can choose two names with one digest; and should it happen by chance, the
/// record that the index leads to has the name itself. Digests are evenly spread: tables and runs use their
/// bits as they are.
struct Digest: Hashable, Comparable, Sendable {
    let high: UInt64
    let low: UInt64

    static func < (left: Digest, right: Digest) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

/// Makes digests. Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012; with 128 bits as in the
/// authors' reference code.
struct DigestKey: Equatable, Sendable {
    let first: UInt64
    let second: UInt64

    @Sendable static func random() -> DigestKey {
        var random = SystemRandomNumberGenerator()
        return DigestKey(first: random.next(), second: random.next())
    }

    func digest(of stream: StreamName) -> Digest { digest(kind: stream.category.rawValue, stream.id) }

    func digest(ofKey key: String) -> Digest { digest(kind: 0, key) }

    private func digest(kind: UInt8, _ text: String) -> Digest {
        var text = text
        return text.withUTF8 { digest(kind: kind, UnsafeRawBufferPointer($0)) }
    }

    /// Of the bytes, with `kind` as one more behind them.
    func digest(kind: UInt8, _ bytes: UnsafeRawBufferPointer) -> Digest {
        var state = SipState(key: self)
        let words = bytes.count / 8
        for word in 0..<words {
            state.take(bytes.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self).littleEndian)
        }
        var last = UInt64(truncatingIfNeeded: bytes.count + 1) << 56
        var shift: UInt64 = 0
        for index in 8 * words..<bytes.count {
            last |= UInt64(bytes[index]) << shift
            shift += 8
        }
        if shift == 56 {
            // The kind fills the word; the count stands in one of its own.
            state.take(last & 0x00FF_FFFF_FFFF_FFFF | UInt64(kind) << 56)
            last = UInt64(truncatingIfNeeded: bytes.count + 1) << 56
        } else {
            last |= UInt64(kind) << shift
        }
        state.take(last)
        return state.finish()
    }
}

private struct SipState {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64

    init(key: DigestKey) {
        v0 = key.first ^ 0x736F_6D65_7073_6575
        v1 = key.second ^ 0x646F_7261_6E64_6F6D ^ 0xEE
        v2 = key.first ^ 0x6C79_6765_6E65_7261
        v3 = key.second ^ 0x7465_6462_7974_6573
    }

    @inline(__always)
    mutating func take(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    mutating func finish() -> Digest {
        v2 ^= 0xEE
        for _ in 0..<4 { round() }
        let high = v0 ^ v1 ^ v2 ^ v3
        v1 ^= 0xDD
        for _ in 0..<4 { round() }
        return Digest(high: high, low: v0 ^ v1 ^ v2 ^ v3)
    }

    @inline(__always)
    private mutating func round() {
        v0 &+= v1
        v1 = v1 << 13 | v1 >> 51
        v1 ^= v0
        v0 = v0 << 32 | v0 >> 32
        v2 &+= v3
        v3 = v3 << 16 | v3 >> 48
        v3 ^= v2
        v0 &+= v3
        v3 = v3 << 21 | v3 >> 43
        v3 ^= v0
        v2 &+= v1
        v1 = v1 << 17 | v1 >> 47
        v1 ^= v2
        v2 = v2 << 32 | v2 >> 32
    }
}
