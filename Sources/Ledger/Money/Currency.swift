/// A currency by its ISO 4217 code.
package struct Currency: Hashable, Sendable, Codable, CustomStringConvertible {
    package let code: String

    package init(_ code: String) throws(InvalidValue) {
        guard code.utf8.count == 3, code.utf8.allSatisfy({ (65...90).contains($0) }) else {
            throw InvalidValue(
                code: "invalid_currency",
                message: "A currency is three capital letters of ISO 4217, such as GBP; not \"\(code)\".")
        }
        self.code = code
    }

    package init(trusted code: String) { self.code = code }

    package var description: String { code }

    /// Digits after the point of the minor unit (ISO 4217, list one): 2 for most, 0 or 3 for some.
    package var minorDigits: Int { Self.unusualMinorDigits[code] ?? 2 }

    private static let unusualMinorDigits: [String: Int] = {
        let none = [
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF",
            "XPF",
        ]
        let three = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]
        return Dictionary(uniqueKeysWithValues: none.map { ($0, 0) } + three.map { ($0, 3) })
    }()

    /// How many ten-thousandths one minor unit has: 100 for pence.
    package var tenThousandthsPerMinorUnit: Int64 {
        (minorDigits..<4).reduce(1) { factor, _ in factor * 10 }
    }

    package init(from decoder: any Decoder) throws {
        code = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(code)
    }
}
