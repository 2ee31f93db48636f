/// A JSON text (RFC 8259), checked whole at once and read where it stands: no value is copied before it is asked for.
///
/// Where the standard leaves something open, this is strict: UTF-8 without a byte order mark, a name once in an object,
/// no half of a surrogate pair, at most 64 levels.
package final class JSONDocument: Sendable {
    /// Objects and arrays inside each other.
    package static let depthMax = 64

    let bytes: [UInt8]
    /// Each value before the values inside it; in an object each name before its value.
    let nodes: [JSONNode]

    /// - Parameter range: where in `bytes` the text stands; all of them where nil.
    /// - Throws: `JSONError` with the first place that is wrong.
    package init(_ bytes: [UInt8], in range: Range<Int>? = nil) throws(JSONError) {
        var parser = JSONParser(range ?? 0..<bytes.count)
        try parser.parse(bytes.span)
        self.bytes = bytes
        nodes = parser.nodes
    }

    package var root: JSONElement { JSONElement(document: self, index: 0) }

    func unescaped(_ text: JSONNode) -> [UInt8] {
        let bytes = bytes
        return JSONText.unescaped(text, bytes.span)
    }
}

/// Why a text is not JSON.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Counted from the beginning of the text.
    package let offset: Int
    /// As the end of a sentence: "a comma stands before a closing bracket".
    package let reason: String

    package var description: String { "\(reason), at byte \(offset)." }
}

/// Where a value stands in its text.
struct JSONNode {
    enum Kind: UInt8 { case object, array, text, number, yes, no, null }

    let kind: Kind
    /// Of a text: whether it has to be unescaped.
    let hasEscapes: Bool
    /// The bytes: of a text those between its quotes.
    let start: UInt32
    var end: UInt32
    /// The index of the first node which is not inside this value.
    var next: UInt32

    var range: Range<Int> { Int(start)..<Int(end) }
}
