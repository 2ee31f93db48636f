import Decompression
import Foundation
import Testing

/// A part of the real file: its first invoices, whole, and what a plain program makes of them.
struct RetailSlice {
    static let path =
        ProcessInfo.processInfo.environment["DAYBOOK_TEST_DATA"].map { $0 + "/online-retail/online-retail.csv.xz" }
        ?? URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../../shared/data/online-retail/online-retail.csv.xz"
        )
        .standardizedFileURL.path
    static var isThere: Bool { FileManager.default.fileExists(atPath: path) }
    static let absent: Comment =
        "the Online Retail file is not there; DAYBOOK_TEST_DATA names the directory that has online-retail/"

    let csv: String
    private(set) var rows = 0
    private(set) var invoices: Set<String> = []
    private(set) var quantity = 0
    /// In thousandths.
    private(set) var net = 0
    private(set) var months: [String: (lines: Int, net: Int)] = [:]
    /// By stock code: what the rows change, sales and credits down by their quantity, adjustments up.
    private(set) var stockChange: [String: Int] = [:]

    /// The first `rows` rows, and as many more as their last invoice has.
    init(rows wanted: Int) throws {
        let reader = try DecompressingReader(path: Self.path)
        let text = String(decoding: try reader.readAll(), as: UTF8.self)
        var lines = text.split(separator: "\n", maxSplits: wanted + 3_000).dropLast()[...]
        let header = lines.removeFirst()
        func invoice(_ line: Substring) -> Substring { line.prefix { $0 != "," } }
        let last = invoice(lines[lines.startIndex + wanted - 1])
        var end = lines.startIndex + wanted
        while end < lines.endIndex, invoice(lines[end]) == last { end += 1 }
        lines = lines[..<end]
        csv = ([header] + lines).joined(separator: "\n") + "\n"
        let parsed = lines.map(Self.fields)
        let adjustments = Self.adjustments(parsed)
        for row in parsed { count(row, isAdjustment: adjustments.contains(row[0])) }
    }

    private mutating func count(_ row: [String], isAdjustment: Bool) {
        let pieces = Int(row[3]) ?? 0
        let amount = pieces * Self.thousandths(row[5])
        rows += 1
        invoices.insert(row[0])
        quantity += pieces
        net += amount
        let month = String(row[4].prefix(7))
        months[month, default: (0, 0)].lines += 1
        months[month, default: (0, 0)].net += amount
        if !row[0].hasPrefix("A") { stockChange[row[1], default: 0] += isAdjustment ? pieces : -pieces }
    }

    /// Plain invoices whose rows all cost nothing and have no customer.
    private static func adjustments(_ rows: [[String]]) -> Set<String> {
        var all = Set(rows.map { $0[0] }.filter { !$0.hasPrefix("A") && !$0.hasPrefix("C") })
        for row in rows where thousandths(row[5]) != 0 || !row[6].isEmpty { all.remove(row[0]) }
        return all
    }

    /// One line of the file, whose quoted fields never span lines.
    private static func fields(_ line: Substring) -> [String] {
        var fields = [""]
        var isQuoted = false
        for character in line {
            if character == "\"" { isQuoted.toggle() }
            if character == ",", !isQuoted { fields.append("") } else { fields[fields.count - 1].append(character) }
        }
        return fields
    }

    private static func thousandths(_ price: String) -> Int {
        let parts = price.split(separator: ".")
        let fraction = parts.count == 2 ? (parts[1] + "000").prefix(3) : "000"
        let value = (Int(parts[0].replacing("-", with: "")) ?? 0) * 1_000 + (Int(fraction) ?? 0)
        return price.hasPrefix("-") ? -value : value
    }

    /// `748957.02`: at least two decimals, no more than needed.
    static func decimal(_ thousandths: Int) -> String {
        let magnitude = abs(thousandths)
        var fraction = String(String(magnitude % 1_000 + 1_000).dropFirst())
        if fraction.hasSuffix("0") { fraction.removeLast() }
        return (thousandths < 0 ? "-" : "") + "\(magnitude / 1_000).\(fraction)"
    }
}
