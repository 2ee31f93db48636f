/// An exact amount in ten-thousandths of a currency's unit: a unit price, or a sum of quantities times
/// unit prices before it is rounded to what is charged. May be negative. At most ± 10¹⁵ ten-thousandths
/// (one hundred thousand million), so that adding two of them never overflows.
package struct Amount: Hashable, Sendable, Codable {
    package static let tenThousandthsMax: Int64 = 1_000_000_000_000_000

    package let tenThousandths: Int64
    package let currency: Currency

    package init(tenThousandths: Int64, currency: Currency) {
        self.tenThousandths = tenThousandths
        self.currency = currency
    }

    /// Reads a decimal string with up to four decimals: `2.55`, `-11062.06`, `0`.
    package init(_ text: String, currency: Currency) throws(InvalidValue) {
        tenThousandths = try Decimals.parse(text)
        self.currency = currency
    }

    /// The shortest decimal string with at least the digits of the minor unit: `2.55`, `0.001`, `12.50`.
    package var text: String { Decimals.format(tenThousandths, digitsMin: currency.minorDigits) }

    package func times(_ quantity: Int64) throws(Refusal) -> Amount {
        let (product, overflow) = tenThousandths.multipliedReportingOverflow(by: quantity)
        guard !overflow, product.magnitude <= Self.tenThousandthsMax.magnitude else { throw .amountTooLarge }
        return Amount(tenThousandths: product, currency: currency)
    }

    /// The sum; both must be of one currency.
    package func adding(_ other: Amount) throws(Refusal) -> Amount {
        guard currency == other.currency else { throw .currencyMismatch(currency, other.currency) }
        let sum = tenThousandths + other.tenThousandths
        guard sum.magnitude <= Self.tenThousandthsMax.magnitude else { throw .amountTooLarge }
        return Amount(tenThousandths: sum, currency: currency)
    }
}

/// Decimal strings of ten-thousandths, without any floating point.
package enum Decimals {
    package static func parse(_ text: String) throws(InvalidValue) -> Int64 {
        var digits = text.utf8[...]
        let negative = digits.first == UInt8(ascii: "-")
        if negative { digits = digits.dropFirst() }
        let parts = digits.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, whole.count <= 12, parts.count == 1 || !parts[1].isEmpty,
            parts.allSatisfy({ $0.allSatisfy { (48...57).contains($0) } })
        else {
            throw InvalidValue(
                code: "invalid_amount",
                message:
                    "An amount is a decimal string such as \"2.55\", with up to twelve digits before the point; not \"\(text)\"."
            )
        }
        let fraction = parts.count == 2 ? parts[1] : whole[whole.endIndex...]
        guard fraction.count <= 4 else {
            throw InvalidValue(
                code: "invalid_amount",
                message: "An amount has at most four decimals; \"\(text)\" has \(fraction.count).")
        }
        let units = whole.reduce(Int64(0)) { $0 * 10 + Int64($1 - 48) }
        let parts10k = fraction.reduce(Int64(0)) { $0 * 10 + Int64($1 - 48) }
        let scaled = (fraction.count..<4).reduce(parts10k) { value, _ in value * 10 }
        let value = units * 10_000 + scaled
        guard value <= Amount.tenThousandthsMax else {
            throw InvalidValue(code: "invalid_amount", message: "\"\(text)\" is too large an amount.")
        }
        return negative ? -value : value
    }

    package static func format(_ tenThousandths: Int64, digitsMin: Int) -> String {
        var (left, digits) = (tenThousandths.magnitude, 4)
        while digits > digitsMin, left.isMultiple(of: 10) { (left, digits) = (left / 10, digits - 1) }
        // Fifteen digits, four more, a point and a sign.
        return String(unsafeUninitializedCapacity: 21) { bytes in
            var begin = bytes.count
            func put(_ byte: UInt8) {
                begin -= 1
                bytes[begin] = byte
            }
            func putDigit() {
                put(UInt8(ascii: "0") + UInt8(left % 10))
                left /= 10
            }
            for _ in 0..<digits { putDigit() }
            if digits > 0 { put(UInt8(ascii: ".")) }
            repeat { putDigit() } while left > 0
            if tenThousandths < 0 { put(UInt8(ascii: "-")) }
            return bytes.update(fromContentsOf: bytes[begin...])
        }
    }
}
