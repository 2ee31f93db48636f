/// Percentiles of few values, which are kept all.
struct Percentiles: Encodable {
    let p50: Double
    let p99: Double
    let max: Double

    /// All zero where there are no values.
    init(_ values: [Double]) {
        let sorted = values.sorted()
        func at(_ share: Double) -> Double {
            guard !sorted.isEmpty else { return 0 }
            // The least value that so many are not above.
            let rank = Int((share * Double(sorted.count)).rounded(.up))
            return BenchReport.rounded(sorted[Swift.max(0, rank - 1)])
        }
        p50 = at(0.5)
        p99 = at(0.99)
        max = at(1)
    }
}
