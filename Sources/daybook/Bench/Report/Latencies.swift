import Histogram

/// Latencies in microseconds, kept by their histogram with three significant digits.
struct Latencies {
    private var histogram = Histogram<UInt64>(
        lowestDiscernibleValue: 1, highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: .three)

    var count: Int { Int(histogram.totalCount) }

    /// Longer than an hour counts as an hour.
    mutating func record(nanoseconds: UInt64) {
        _ = histogram.record(min(3_600_000_000, nanoseconds / 1_000))
    }

    var report: LatencyReport? { count == 0 ? nil : LatencyReport(histogram) }
}

/// In milliseconds.
struct LatencyReport: Encodable {
    let count: Int
    let mean: Double
    let p50: Double
    let p90: Double
    let p99: Double
    let p999: Double
    let p9999: Double
    let max: Double

    init(_ histogram: Histogram<UInt64>) {
        func at(_ percentile: Double) -> Double { Double(histogram.valueAtPercentile(percentile)) / 1_000 }
        count = Int(histogram.totalCount)
        mean = BenchReport.rounded(histogram.mean / 1_000)
        p50 = at(50)
        p90 = at(90)
        p99 = at(99)
        p999 = at(99.9)
        p9999 = at(99.99)
        max = Double(histogram.max) / 1_000
    }
}
