import Foundation

/// Ids which nobody has used and nobody can guess: 48 bits of time in milliseconds, then 80 random bits, in Crockford's
/// base 32, 26 characters. They sort by the time they were made. See the ULID specification.
package enum ULID {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    package static func make() -> String {
        var clock = timespec()
        clock_gettime(CLOCK_REALTIME, &clock)
        let milliseconds = UInt64(clock.tv_sec) * 1_000 + UInt64(clock.tv_nsec) / 1_000_000
        var random = SystemRandomNumberGenerator()
        let value =
            UInt128(milliseconds & 0xFFFF_FFFF_FFFF) << 80 | UInt128(random.next() & 0xFFFF) << 64
            | UInt128(random.next())
        return String(unsafeUninitializedCapacity: 26) { buffer in
            for index in 0..<26 {
                buffer[index] = alphabet[Int(truncatingIfNeeded: value >> UInt128(5 * (25 - index))) & 31]
            }
            return 26
        }
    }
}
