/// Reads the fields of a protobuf message one after another (protobuf.dev/programming-guides/encoding).
struct ProtobufReader {
    enum Kind {
        case number, bytes, other
    }

    private let source: UnsafeRawBufferPointer
    private var index = 0
    private var isMalformed = false
    private var tag: UInt64 = 0

    init(_ source: UnsafeRawBufferPointer) { self.source = source }

    /// Whether all was read, and nothing of it was malformed.
    var isAtEnd: Bool { !isMalformed && index == source.count }

    /// The number and kind of the next field; nil at the end, and where the bytes are no field.
    @inline(__always)
    mutating func field() -> (number: UInt64, kind: Kind)? {
        guard index < source.count else { return nil }
        guard let tag = varint(), tag >> 3 != 0 else {
            isMalformed = true
            return nil
        }
        self.tag = tag
        return (tag >> 3, tag & 7 == 0 ? .number : tag & 7 == 2 ? .bytes : .other)
    }

    @inline(__always)
    mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while index < source.count, shift < 64 {
            let byte = source[index]
            index += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        return nil
    }

    @inline(__always)
    mutating func bytes() -> UnsafeRawBufferPointer? {
        guard let length = varint(), length <= UInt64(source.count - index) else { return nil }
        defer { index += Int(length) }
        return UnsafeRawBufferPointer(rebasing: source[index..<index + Int(length)])
    }

    /// Passes a field of a fixed size by; false where there is none.
    mutating func skipOther() -> Bool {
        let size = tag & 7 == 1 ? 8 : tag & 7 == 5 ? 4 : 0
        guard size > 0, index + size <= source.count else { return false }
        index += size
        return true
    }
}
