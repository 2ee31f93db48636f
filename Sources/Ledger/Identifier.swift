/// A name given from outside: 1 to 64 printable ASCII characters, kept to the letter, case included; no white space at
/// either end. ASCII alone, because other letters have several spellings which text compares as equal and a log keeps apart.
package protocol Identifier: Hashable, Comparable, Sendable, Codable, CodingKeyRepresentable, CustomStringConvertible {
    /// What the name names, as a person would call it: "SKU", "cart".
    static var noun: String { get }
    var text: String { get }
    /// Takes the text as it is. For text which was checked before, when it came in.
    init(trusted text: String)
}

extension Identifier {
    package static var bytesMax: Int { 64 }

    package init(_ text: String) throws(InvalidValue) {
        try Text.check(text, noun: Self.noun, bytesMax: Self.bytesMax)
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw InvalidValue(
                code: "invalid_text", message: "A \(Self.noun) has only ASCII characters; \"\(text)\" has others.")
        }
        self.init(trusted: text)
    }

    package var description: String { text }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }

    package var codingKey: any CodingKey { TextKey(stringValue: text) }

    package init?<Key: CodingKey>(codingKey: Key) { self.init(trusted: codingKey.stringValue) }

    package init(from decoder: any Decoder) throws {
        self.init(trusted: try decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

private struct TextKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

package struct SKU: Identifier {
    package static let noun = "SKU"
    package let text: String
    package init(trusted text: String) { self.text = text }
}

package struct Location: Identifier {
    package static let noun = "location"
    package let text: String
    package init(trusted text: String) { self.text = text }
}

package struct CartID: Identifier {
    package static let noun = "cart"
    package let text: String
    package init(trusted text: String) { self.text = text }
}

package struct OrderID: Identifier {
    package static let noun = "order"
    package let text: String
    package init(trusted text: String) { self.text = text }
}

package struct ReservationID: Identifier {
    package static let noun = "reservation"
    package let text: String
    package init(trusted text: String) { self.text = text }
}

package struct CustomerID: Identifier {
    package static let noun = "customer"
    package let text: String
    package init(trusted text: String) { self.text = text }
}

package struct DocumentID: Identifier {
    package static let noun = "document"
    package let text: String
    package init(trusted text: String) { self.text = text }
}
