import Foundation

/// What a measurement prints: one JSON object on a line of standard output.
enum BenchReport {
    static func write(_ report: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        Terminal.write(try encoder.encode(report) + [UInt8(ascii: "\n")])
    }

    /// Enough digits for any reader; more would only look exact.
    static func rounded(_ value: Double, to decimals: Int = 3) -> Double {
        let factor = pow(10, Double(decimals))
        return (value * factor).rounded() / factor
    }
}
