/// A value in a JSON text.
package struct JSONElement: Sendable {
    private let document: JSONDocument
    private let index: Int

    init(document: JSONDocument, index: Int) {
        self.document = document
        self.index = index
    }

    private var node: JSONNode { document.nodes[index] }

    package var isNull: Bool { node.kind == .null }
    package var isObject: Bool { node.kind == .object }
    package var isArray: Bool { node.kind == .array }

    /// The value as it stands in the text.
    package var source: ArraySlice<UInt8> {
        let range = node.range
        return document.bytes[node.kind == .text ? range.lowerBound - 1..<range.upperBound + 1 : range]
    }

    /// Nil where the value is no string.
    package var text: String? {
        let node = node
        guard node.kind == .text else { return nil }
        if node.hasEscapes { return String(decoding: document.unescaped(node), as: UTF8.self) }
        return String(decoding: document.bytes[node.range], as: UTF8.self)
    }

    /// Whether the value is the string, byte by byte.
    package func isText(_ text: String) -> Bool {
        let node = node
        guard node.kind == .text else { return false }
        if node.hasEscapes { return document.unescaped(node).elementsEqual(text.utf8) }
        return document.bytes[node.range].elementsEqual(text.utf8)
    }

    /// Nil where the value is neither true nor false.
    package var flag: Bool? {
        switch node.kind {
        case .yes: true
        case .no: false
        default: nil
        }
    }

    /// The number where it is a whole one within 64 bits, however it is written: 2000, 2e3 and 2000.0 are the same. Nil
    /// for every other value.
    package var wholeNumber: Int64? {
        let node = node
        return node.kind == .number ? JSONNumber.whole(document.bytes[node.range]) : nil
    }

    /// The names and values of an object, in their order; none of any other value.
    package var fields: Fields { Fields(document: document, index: index + 1, end: isObject ? Int(node.next) : 0) }

    /// The values of an array; none of any other value.
    package var items: Items { Items(document: document, index: index + 1, end: isArray ? Int(node.next) : 0) }

    /// The value of the name; nil where the object has none, or the value is no object.
    package func field(_ name: String) -> JSONElement? {
        for field in fields where field.name.isText(name) { return field.value }
        return nil
    }

    package struct Fields: Sequence, IteratorProtocol {
        fileprivate let document: JSONDocument
        fileprivate var index: Int
        fileprivate let end: Int

        package mutating func next() -> (name: JSONElement, value: JSONElement)? {
            guard index < end else { return nil }
            let name = JSONElement(document: document, index: index)
            let value = JSONElement(document: document, index: index + 1)
            index = Int(value.node.next)
            return (name, value)
        }
    }

    package struct Items: Sequence, IteratorProtocol {
        fileprivate let document: JSONDocument
        fileprivate var index: Int
        fileprivate let end: Int

        package mutating func next() -> JSONElement? {
            guard index < end else { return nil }
            let value = JSONElement(document: document, index: index)
            index = Int(value.node.next)
            return value
        }
    }
}
