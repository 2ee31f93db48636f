/// A command's name or one of its arguments: bytes to Redis, of any kind and length.
package struct Argument: Hashable, Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }
    package init(_ text: String) { bytes = Array(text.utf8) }
    package init(_ integer: Int64) { self.init(String(integer)) }
    package init(stringLiteral value: String) { self.init(value) }
    package init(integerLiteral value: Int64) { self.init(value) }

    /// A command on the wire: an array of strings, each with its length before it, so nothing needs escaping.
    static func encode(_ arguments: [Argument]) -> [UInt8] {
        var encoded = Array("*\(arguments.count)\r\n".utf8)
        for argument in arguments {
            encoded += "$\(argument.bytes.count)\r\n".utf8
            encoded += argument.bytes
            encoded += "\r\n".utf8
        }
        return encoded
    }
}
