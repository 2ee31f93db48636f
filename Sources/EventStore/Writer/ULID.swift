import Foundation
import Synchronization

/// Ids which nobody has used and nobody can guess: 48 bits of time in milliseconds, then 80 random bits, in Crockford's
/// base 32, 26 characters. They sort by the time they were made. See the ULID specification.
package enum ULID {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    private static let random = Mutex(RandomBytes())

    package static func make() -> String {
        var clock = timespec()
        clock_gettime(CLOCK_REALTIME, &clock)
        let milliseconds = UInt64(clock.tv_sec) * 1_000 + UInt64(clock.tv_nsec) / 1_000_000
        let (high, low) = random.withLock { $0.next() }
        return String(unsafeUninitializedCapacity: 26) { buffer in
            // 10 characters of time, 16 of chance.
            for index in 0..<10 { buffer[index] = alphabet[Int(milliseconds >> UInt64(45 - 5 * index) & 31)] }
            for index in 0..<8 { buffer[10 + index] = alphabet[Int(high >> UInt64(5 * index) & 31)] }
            for index in 0..<8 { buffer[18 + index] = alphabet[Int(low >> UInt64(5 * index) & 31)] }
            return 26
        }
    }
}

/// Bytes of the system's generator, fetched many at a time: a call for each id costs as much as a small command.
private struct RandomBytes: ~Copyable {
    private var words: [UInt64] = []

    mutating func next() -> (UInt64, UInt64) {
        if words.count < 2 {
            words = Array(repeating: 0, count: 32)  // 256 bytes, the most that one call gives.
            let code = words.withUnsafeMutableBytes { getentropy($0.baseAddress!, $0.count) }
            precondition(code == 0, "the system gives random bytes")
        }
        return (words.removeLast(), words.removeLast())
    }
}
