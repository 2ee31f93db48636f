/// Numbers as JSON writes them, without any floating point.
enum JSONNumber {
    /// The number where it is whole and within 64 bits. `digits` is a number of RFC 8259.
    static func whole(_ number: ArraySlice<UInt8>) -> Int64? {
        let isNegative = number.first == UInt8(ascii: "-")
        let digits = isNegative ? number.dropFirst() : number
        if digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) {
            return value(digits, zeros: 0, isNegative)
        }
        // 12.50e2: the digits 1250, and an exponent of 2 − 2.
        let parts = digits.split(maxSplits: 1) { $0 | 0x20 == UInt8(ascii: "e") }
        let halves = parts[0].split(separator: UInt8(ascii: "."))
        var significant = Array(halves.joined().drop { $0 == UInt8(ascii: "0") })
        guard !significant.isEmpty else { return 0 }
        var exponent = (parts.count > 1 ? clamped(parts[1]) : 0) - (halves.count > 1 ? halves[1].count : 0)
        while significant.last == UInt8(ascii: "0") {
            significant.removeLast()
            exponent += 1
        }
        guard exponent >= 0, significant.count + exponent <= 19 else { return nil }
        return value(significant[...], zeros: exponent, isNegative)
    }

    private static func value(_ digits: ArraySlice<UInt8>, zeros: Int, _ isNegative: Bool) -> Int64? {
        // Counted below zero, where there is one more.
        var value: Int64 = 0
        for index in 0..<digits.count + zeros {
            let digit = index < digits.count ? Int64(digits[digits.startIndex + index] - UInt8(ascii: "0")) : 0
            let (tenfold, isTooFar) = value.multipliedReportingOverflow(by: 10)
            let (next, isTooLarge) = tenfold.subtractingReportingOverflow(digit)
            guard !isTooFar, !isTooLarge else { return nil }
            value = next
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// An exponent, no further from 0 than any number needs that fits into a text.
    private static func clamped(_ exponent: ArraySlice<UInt8>) -> Int {
        let isNegative = exponent.first == UInt8(ascii: "-")
        let digits = exponent.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        let limit = 1 << 40
        let magnitude = digits.reduce(0) { Swift.min($0 * 10 + Int($1 - UInt8(ascii: "0")), limit) }
        return isNegative ? -magnitude : magnitude
    }
}
