/// A value that can stand for nothing in a ledger: it is refused before any rule looks at it.
package struct InvalidValue: Error, Equatable, Sendable {
    /// Stable, for programs: `invalid_quantity`.
    package let code: String
    /// For people: what was given, what is possible.
    package let message: String
    /// Which of a command's values, by its name on the outside: `lines/0/amount`. Nil where it is a value by itself.
    package let field: String?

    package init(code: String, message: String, field: String? = nil) {
        self.code = code
        self.message = message
        self.field = field
    }

    /// The same of a value inside `place`.
    package func inside(_ place: String) -> InvalidValue {
        InvalidValue(code: code, message: message, field: field.map { place + "/" + $0 } ?? place)
    }
}

package enum Text {
    /// Refuses text which is empty, longer than `bytesMax` bytes of UTF-8, has control characters, or
    /// white space at either end.
    ///
    /// - Parameter field: the command's value that it is; nil where `noun` is its name.
    package static func check(
        _ text: String, noun: String, bytesMax: Int, field: String? = nil
    ) throws(InvalidValue) {
        let field = field ?? noun
        let bytes = text.utf8
        guard !bytes.isEmpty, bytes.count <= bytesMax else {
            throw InvalidValue(
                code: "invalid_text", message: "A \(noun) has 1 to \(bytesMax) bytes; this one has \(bytes.count).",
                field: field)
        }
        // Most texts are plain, and the tables of Unicode are slow to ask.
        if bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) { return }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw InvalidValue(code: "invalid_text", message: "A \(noun) has no control characters.", field: field)
        }
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last,
            !first.properties.isWhitespace, !last.properties.isWhitespace
        else {
            throw InvalidValue(
                code: "invalid_text", message: "A \(noun) does not begin or end with white space.", field: field)
        }
    }
}

/// A number of pieces. At least 1 in commands, at most one hundred million in one command.
package enum Quantity {
    package static let max: Int64 = 100_000_000

    package static func check(_ quantity: Int64) throws(InvalidValue) {
        guard quantity >= 1, quantity <= max else {
            throw InvalidValue(
                code: "invalid_quantity",
                message: "A quantity is a whole number from 1 to \(max); this one is \(quantity).", field: "quantity")
        }
    }

    /// A change up or down: any whole number but 0.
    package static func check(delta: Int64) throws(InvalidValue) {
        guard delta != 0, delta.magnitude <= max.magnitude else {
            throw InvalidValue(
                code: "invalid_quantity",
                message:
                    "A change of quantity is a whole number from -\(max) to \(max) and not 0; this one is \(delta).",
                field: "delta")
        }
    }
}
