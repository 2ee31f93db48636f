/// Idempotency keys as clients make them: random, 36 characters in the form of a UUID.
enum CommandKey {
    static let bytes = 36
    private static let digits = Array("0123456789abcdef".utf8)

    static func make(_ random: inout SplitMix64) -> String {
        let (high, low) = (random.next(), random.next())
        return String(unsafeUninitializedCapacity: bytes) { buffer in
            var target = buffer
            write(high, low, to: &target)
            return bytes
        }
    }

    /// Writes the key of these bits over the first 36 bytes.
    static func write<Bytes: MutableCollection<UInt8>>(_ high: UInt64, _ low: UInt64, to bytes: inout Bytes)
    where Bytes.Index == Int {
        var index = bytes.startIndex
        for digit in 0..<32 {
            if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                bytes[index] = UInt8(ascii: "-")
                index += 1
            }
            let half = digit < 16 ? high : low
            bytes[index] = digits[Int(truncatingIfNeeded: half >> UInt64(60 - 4 * (digit & 15))) & 15]
            index += 1
        }
    }
}
