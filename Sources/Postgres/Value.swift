/// A value on its way to the server: a statement's parameter, or a field of a row to copy.
package enum Value: Hashable, Sendable {
    case null
    case integer(Int64)
    /// Text, and anything Postgres can read from text: numbers, timestamps, JSON. No U+0000.
    case text(String)
    /// A `bytea`.
    case bytes([UInt8])
}

extension Value {
    /// As Postgres reads it from text; nil for null.
    package var text: String? {
        switch self {
        case .null: nil
        case .integer(let integer): String(integer)
        case .text(let text): text
        case .bytes(let bytes): String(decoding: Hexadecimal.encoded(bytes), as: UTF8.self)
        }
    }

    /// An array, of whatever type the statement says: `$1::bigint[]`.
    package static func array(_ elements: [String?]) -> Value {
        var text = [UInt8(ascii: "{")]
        for (index, element) in elements.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            guard let element else {
                text += "NULL".utf8
                continue
            }
            text.append(UInt8(ascii: "\""))
            for byte in element.utf8 {
                if byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"") { text.append(UInt8(ascii: "\\")) }
                text.append(byte)
            }
            text.append(UInt8(ascii: "\""))
        }
        text.append(UInt8(ascii: "}"))
        return .text(String(decoding: text, as: UTF8.self))
    }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByNilLiteral {
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(nilLiteral: ()) { self = .null }
}
