import EventStore

struct WriterReport: Encodable {
    let what = "writer"
    let commands: Int
    let refused: Int
    let items: Int
    let streams: Int?
    let batch: Int
    let inFlight: Int
    let seed: UInt64
    let seconds: Double
    /// Accepted commands: decided, durable, answered.
    let perSecond: Double
    /// The mean of the measurement's records, for a limit of the same size.
    let recordBytes: Int
    let logBytes: Int
    let indexBytes: Int
    let head: UInt64
    let logBytesPerEvent: Double
    let rssAnonBytes: Int
    let groupMilliseconds: Percentiles
    let windows: [WriterProgress.Window]

    init(
        _ progress: WriterProgress, of bench: BenchWriter, memory: ProcessMemory, recordBytes: Int, logBytes: Int,
        indexBytes: Int, head: Position
    ) {
        commands = progress.accepted
        refused = progress.refused
        items = bench.hot ? 1 : bench.items
        streams = bench.streams
        batch = bench.batch
        inFlight = bench.inFlight
        seed = bench.seed
        seconds = BenchReport.rounded(progress.seconds)
        perSecond = BenchReport.rounded(Double(progress.accepted) / progress.seconds, to: 1)
        self.recordBytes = recordBytes
        self.logBytes = logBytes
        self.indexBytes = indexBytes
        self.head = head.rawValue
        logBytesPerEvent = BenchReport.rounded(Double(logBytes) / Double(head.rawValue), to: 1)
        rssAnonBytes = memory.anonymousBytes
        groupMilliseconds = progress.groupMilliseconds
        windows = progress.windows
    }
}
