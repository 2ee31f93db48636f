import Crypto
import Ledger

/// The first 128 bits of a command key's SHA-256: what the index looks keys up by. The record has the key itself.
struct KeyDigest: Hashable, Comparable, Sendable {
    let high: UInt64
    let low: UInt64

    init(_ key: String) {
        var hash = SHA256()
        var key = key
        key.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        (high, low) = hash.finalize().withUnsafeBytes {
            (
                $0.loadUnaligned(as: UInt64.self).bigEndian,
                $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self).bigEndian
            )
        }
    }

    var bytes: [UInt8] { high.bigEndianBytes + low.bigEndianBytes }

    static func < (left: KeyDigest, right: KeyDigest) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

/// The first 64 bits of the SHA-256 of everything a command says: equal for a repeated command, different for another.
func fingerprint(of command: any Command) -> UInt64 {
    var bytes = CanonicalBytes()
    bytes.add(type(of: command).name)
    command.describe(to: &bytes)
    return SHA256.hash(data: bytes.bytes).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self).littleEndian }
}

extension UInt64 {
    var bigEndianBytes: [UInt8] {
        withUnsafeBytes(of: bigEndian) { Array($0) }
    }

    init?(bigEndianBytes bytes: some Collection<UInt8>) {
        guard bytes.count == 8 else { return nil }
        self = bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
