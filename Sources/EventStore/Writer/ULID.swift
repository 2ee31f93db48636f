import Foundation
import Synchronization

/// Ids which nobody has used and nobody can guess: 48 bits of time in milliseconds, then 80 random bits, in Crockford's
/// base 32, 26 characters. They sort by the time they were made. See the ULID specification.
package enum ULID {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    private static let chance = Mutex(Chance())

    package static func make() -> String {
        var clock = timespec()
        clock_gettime(CLOCK_REALTIME, &clock)
        let milliseconds = UInt64(clock.tv_sec) * 1_000 + UInt64(clock.tv_nsec) / 1_000_000
        let random = chance.withLock { $0.next() }
        let value = UInt128(milliseconds & 0xFFFF_FFFF_FFFF) << 80 | random & (1 << 80 - 1)
        return String(unsafeUninitializedCapacity: 26) { buffer in
            for index in 0..<26 {
                buffer[index] = alphabet[Int(truncatingIfNeeded: value >> UInt128(5 * (25 - index))) & 31]
            }
            return 26
        }
    }

    /// Random bits of the kernel, asked for sixteen at a time: a call for each id costs more than all the rest of a command's
    /// decoding.
    private struct Chance {
        private var numbers: [UInt128] = []

        mutating func next() -> UInt128 {
            if let number = numbers.popLast() { return number }
            var fresh = [UInt128](repeating: 0, count: 16)
            // 256 bytes are the most that a call fills whole or not at all.
            let failure = fresh.withUnsafeMutableBytes { getentropy($0.baseAddress, $0.count) }
            precondition(failure == 0, "the kernel has no random bits")
            numbers = fresh
            return numbers.removeLast()
        }
    }
}
