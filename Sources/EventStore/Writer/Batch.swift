import Ledger

/// What the Writer has decided and not yet written.
struct Batch {
    let start: Position
    private(set) var records: [[UInt8]] = []
    private(set) var entries: [IndexEntry] = []
    private(set) var bytes = 0
    /// The answers of accepted commands by key, for a command that comes twice in one batch.
    var accepted: [KeyDigest: (key: String, fingerprint: UInt64, receipt: Receipt)] = [:]

    init(start: Position) { self.start = start }

    var nextPosition: Position { start.advanced(by: records.count + 1) }

    mutating func append(_ encoded: [(bytes: [UInt8], entry: IndexEntry)]) {
        for (record, entry) in encoded {
            records.append(record)
            entries.append(entry)
            bytes += record.count
        }
    }
}
