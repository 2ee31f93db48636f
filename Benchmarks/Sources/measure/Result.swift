import Foundation

/// A figure as it was had.
struct Result: Encodable {
    struct Limit: Encodable {
        let what: String
        let runs: [Double]
        let median: Double
    }

    let what: String
    let unit: String
    let runs: [Double]
    let median: Double
    /// What stands beside it, in the same unit.
    let limit: Limit?
    /// Of the medians.
    let ratio: Double?
    let target: String?
    /// Nil where there is no target.
    let met: Bool?

    init(
        _ what: String, unit: String, _ runs: Runs, beside limit: (what: String, runs: Runs)? = nil,
        _ targets: Target...
    ) {
        self.what = what
        self.unit = unit
        self.runs = runs.runs
        median = runs.median
        self.limit = limit.map { Limit(what: $0.what, runs: $0.runs.runs, median: $0.runs.median) }
        let ratio = limit.map { runs.median / $0.runs.median }
        self.ratio = ratio.map { ($0 * 1_000).rounded() / 1_000 }
        target = targets.isEmpty ? nil : targets.map(\.text).joined(separator: ", ")
        met = targets.isEmpty ? nil : targets.allSatisfy { $0.isMet(by: runs.median, ratio) }
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }
}

enum Target {
    case atLeast(Double)
    case atMost(Double)
    /// Of the ratio to what stands beside.
    case ratioAtLeast(Double)
    case ratioAtMost(Double)

    var text: String {
        switch self {
        case .atLeast(let value): "≥ \(Page.number(value))"
        case .atMost(let value): "≤ \(Page.number(value))"
        case .ratioAtLeast(let value): "ratio ≥ \(value)"
        case .ratioAtMost(let value): "ratio ≤ \(value)"
        }
    }

    func isMet(by median: Double, _ ratio: Double?) -> Bool {
        switch self {
        case .atLeast(let value): median >= value
        case .atMost(let value): median <= value
        case .ratioAtLeast(let value): ratio.map { $0 >= value } ?? false
        case .ratioAtMost(let value): ratio.map { $0 <= value } ?? false
        }
    }
}
