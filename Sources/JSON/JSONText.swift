/// The insides of JSON strings.
enum JSONText {
    /// The length of the UTF-8 sequence of more than one byte that begins at `index`; nil where there is none (RFC 3629: no
    /// longer form than needed, no surrogates, nothing above U+10FFFF).
    static func sequenceLength(_ bytes: Span<UInt8>, at index: Int, _ end: Int) -> Int? {
        let first = bytes[index]
        let (length, second): (Int, ClosedRange<UInt8>) =
            switch first {
            case 0xC2...0xDF: (2, 0x80...0xBF)
            case 0xE0: (3, 0xA0...0xBF)
            case 0xED: (3, 0x80...0x9F)
            case 0xE1...0xEF: (3, 0x80...0xBF)
            case 0xF0: (4, 0x90...0xBF)
            case 0xF1...0xF3: (4, 0x80...0xBF)
            case 0xF4: (4, 0x80...0x8F)
            default: (0, 0...0)
            }
        guard length > 0, index + length <= end, second.contains(bytes[index + 1]) else { return nil }
        for offset in 2..<max(length, 2) where bytes[index + offset] & 0xC0 != 0x80 { return nil }
        return length
    }

    /// The value of four hexadecimal digits, which must be inside of `bytes`; nil where they are none.
    static func codeUnit(_ bytes: Span<UInt8>, at index: Int) -> UInt32? {
        var unit: UInt32 = 0
        for offset in 0..<4 {
            let byte = bytes[index + offset]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// What the text says, as UTF-8. It was checked before.
    static func unescaped(_ node: JSONNode, _ bytes: Span<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(node.range.count)
        var index = Int(node.start)
        while index < node.end {
            guard bytes[index] == UInt8(ascii: "\\") else {
                text.append(bytes[index])
                index += 1
                continue
            }
            switch bytes[index + 1] {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"):
                text.append(contentsOf: scalar(bytes, at: &index))
                continue
            default: text.append(bytes[index + 1])
            }
            index += 2
        }
        return text
    }

    /// Moves behind one or, of a surrogate pair, two `\uXXXX`.
    private static func scalar(_ bytes: Span<UInt8>, at index: inout Int) -> UTF8.EncodedScalar {
        func unit() -> UInt32 {
            guard let unit = codeUnit(bytes, at: index + 2) else { preconditionFailure("the text was checked") }
            index += 6
            return unit
        }
        var value = unit()
        if value & 0xFC00 == 0xD800 { value = 0x10000 + (value & 0x3FF) << 10 + unit() & 0x3FF }
        guard let scalar = UnicodeScalar(value), let encoded = UTF8.encode(scalar) else {
            preconditionFailure("the text was checked")
        }
        return encoded
    }

    static func areEqual(_ one: JSONNode, _ other: JSONNode, _ bytes: Span<UInt8>) -> Bool {
        if one.hasEscapes || other.hasEscapes { return unescaped(one, bytes) == unescaped(other, bytes) }
        guard one.range.count == other.range.count else { return false }
        let distance = Int(other.start) - Int(one.start)
        return one.range.allSatisfy { bytes[$0] == bytes[$0 + distance] }
    }
}
