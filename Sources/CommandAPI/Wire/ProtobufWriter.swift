/// Writes the fields of protobuf messages as bytes. What stands at its default is left out, as proto3 does.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    mutating func field(_ number: Int, _ value: UInt64) {
        guard value != 0 else { return }
        tag(number, wireType: 0)
        varint(value)
    }

    mutating func field(_ number: Int, _ text: String) {
        guard !text.isEmpty else { return }
        optional(number, text)
    }

    /// An empty text is written, too; nil is left out.
    mutating func optional(_ number: Int, _ text: String?) {
        guard var text else { return }
        tag(number, wireType: 2)
        text.withUTF8 { utf8 in
            varint(UInt64(utf8.count))
            bytes.append(contentsOf: utf8)
        }
    }

    /// A number with presence: 0 is written.
    mutating func optional(_ number: Int, _ value: Int64) {
        tag(number, wireType: 0)
        varint(UInt64(bitPattern: value))
    }

    mutating func message(_ number: Int, _ body: (inout ProtobufWriter) -> Void) {
        tag(number, wireType: 2)
        delimited(body)
    }

    /// A message behind its length.
    mutating func delimited(_ body: (inout ProtobufWriter) -> Void) {
        let start = bytes.count
        bytes.append(0)
        body(&self)
        let length = bytes.count - start - 1
        if length < 0x80 {
            bytes[start] = UInt8(length)
        } else {
            var prefix = ProtobufWriter()
            prefix.varint(UInt64(length))
            bytes.replaceSubrange(start...start, with: prefix.bytes)
        }
    }

    private mutating func tag(_ number: Int, wireType: Int) { varint(UInt64(number << 3 | wireType)) }

    private mutating func varint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }
}
