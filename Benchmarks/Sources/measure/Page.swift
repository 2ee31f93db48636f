import Foundation

/// The page with the table of figures, which stands between two markers; everything else is left alone.
struct Page {
    struct NoMarkers: Error, CustomStringConvertible {
        let description: String
    }

    static let begin = "<!-- measured: begin -->"
    static let end = "<!-- measured: end -->"
    let path: String

    func write(_ results: [Result], _ machine: Machine) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        guard let begin = text.range(of: Self.begin), let end = text.range(of: Self.end),
            begin.upperBound <= end.lowerBound
        else { throw NoMarkers(description: "\(path) has no \(Self.begin) with \(Self.end) behind it.") }
        let table = Self.table(results, machine)
        let whole = text[..<begin.upperBound] + "\n" + table + "\n" + text[end.lowerBound...]
        try String(whole).write(toFile: path, atomically: true, encoding: .utf8)
    }

    private static func table(_ results: [Result], _ machine: Machine) -> String {
        let rows = results.map { result in
            let limit = result.limit.map { "\(number($0.median)) (\($0.what))" } ?? ""
            let cells = [
                result.what, "\(number(result.median)) \(result.unit) \(spread(result.runs))", limit,
                result.ratio.map { "\($0)" } ?? "", result.target ?? "",
                result.met.map { $0 ? "yes" : "no" } ?? "",
            ]
            return "| " + cells.joined(separator: " | ") + " |"
        }
        return """

            Written by `make bench`, medians with the least and the most in brackets; product and limit ran by turns.

            \(machine.lines.map { "- " + $0 }.joined(separator: "\n"))

            | what | figure | limit | ratio | target | met |
            | --- | --- | --- | --- | --- | --- |
            \(rows.joined(separator: "\n"))

            """
    }

    private static func spread(_ runs: [Double]) -> String {
        guard runs.count > 1, let least = runs.min(), let most = runs.max() else { return "(one run)" }
        return "[\(number(least)), \(number(most))]"
    }

    /// `1,234,567` or `12.34`.
    static func number(_ value: Double) -> String {
        guard abs(value) >= 100 else {
            return value == value.rounded() ? String(Int(value)) : String(format: "%.3g", value)
        }
        var digits = String(Int(value.rounded()))
        var index = digits.count - 3
        while index > (value < 0 ? 1 : 0) {
            digits.insert(",", at: digits.index(digits.startIndex, offsetBy: index))
            index -= 3
        }
        return digits
    }
}
