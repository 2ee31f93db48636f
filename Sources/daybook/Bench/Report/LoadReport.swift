/// What became of requests that were offered at a fixed rate. Latencies in milliseconds.
struct LoadReport: Encodable {
    let offeredPerSecond: Double
    let seconds: Double
    let acceptedPerSecond: Double
    /// From the intended time of sending, and from the time a connection was free.
    let accepted: LatencyReport?
    let acceptedFromSent: LatencyReport?
    /// 503, likewise.
    let overloaded: LatencyReport?
    let overloadedFromSent: LatencyReport?
    let others: [Int: Int]
    /// Still waiting for a connection when patience ended: each has waited longer than that.
    let neverSent: Int
    let server: MemorySamples?

    init(_ result: OpenLoop.Result, offered: Double, server: MemorySamples?) {
        offeredPerSecond = BenchReport.rounded(offered, to: 1)
        seconds = BenchReport.rounded(result.seconds)
        acceptedPerSecond = BenchReport.rounded(Double(result.accepted.count) / result.seconds, to: 1)
        accepted = result.accepted.report
        acceptedFromSent = result.acceptedFromSent.report
        overloaded = result.overloaded.report
        overloadedFromSent = result.overloadedFromSent.report
        others = result.others
        neverSent = result.neverSent
        self.server = server
    }
}
