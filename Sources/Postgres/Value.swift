/// A value on its way to the server: a statement's parameter, or a field of a row to copy.
package enum Value: Hashable, Sendable {
    case null
    case integer(Int64)
    /// Text, and anything Postgres can read from text: numbers, timestamps, JSON. No U+0000.
    case text(String)
    /// A `bytea`.
    case bytes([UInt8])
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByNilLiteral {
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(nilLiteral: ()) { self = .null }
}
