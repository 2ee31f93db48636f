/// Writes a run from rows that come in the order of their digests.
struct SortedRunWriter {
    private let file: any IndexFileWriter
    private let number: UInt64
    private let bucketCount: UInt64
    private let rowsOffset: Int
    private var buckets: BlockWriter
    private var rows: BlockWriter
    private var rowCount: UInt64 = 0
    /// The bucket in hand: how many are done, and its filter.
    private var bucketsDone: UInt64 = 0
    private var bucket = [UInt8](repeating: 0, count: SortedRun.bucketBytes)

    /// - Parameter rowsMax: at least how many rows will come.
    init(_ file: any IndexFileWriter, number: UInt64, rowsMax: Int) {
        self.file = file
        self.number = number
        bucketCount = UInt64(max(1, rowsMax / SortedRun.rowsPerBucket))
        let bucketArea = BlockWriter.padded(Int(bucketCount + 1) * SortedRun.bucketBytes)
        rowsOffset = SortedRun.blockBytes + bucketArea
        buckets = BlockWriter(file, offset: SortedRun.blockBytes)
        rows = BlockWriter(file, offset: rowsOffset)
    }

    mutating func append(_ row: DigestTable.Row) throws(FileError) {
        let own = row.digest.high.multipliedFullWidth(by: bucketCount).high
        while bucketsDone < own { try finishBucket() }
        let bits = SortedRun.filterBits(row.digest)
        for index in bits.indices { bucket[8 + bits[index] >> 3] |= 1 << UInt8(bits[index] & 7) }
        try rows.append(row.digest.high)
        try rows.append(row.digest.low)
        try rows.append(row.position)
        rowCount += 1
    }

    /// Durable when it returns.
    consuming func finish() throws(FileError) {
        // One more than there are: it says where the last one's rows end.
        while bucketsDone <= bucketCount { try finishBucket() }
        try buckets.finish()
        try rows.finish()
        let checksums = buckets.checksums + rows.checksums
        let checksumBytes = checksums.flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) }
        try file.write(checksumBytes, at: rows.offset)
        let checksum = checksumBytes.withUnsafeBytes { CRC32C.checksum($0) }
        var header: [UInt8] = []
        for field in [
            SortedRun.magic, number, rowCount, bucketCount, UInt64(rowsOffset), UInt64(rows.offset), UInt64(checksum),
        ] {
            header += withUnsafeBytes(of: field.littleEndian, Array.init)
        }
        let headerChecksum = UInt64(header.withUnsafeBytes { CRC32C.checksum($0) })
        header += withUnsafeBytes(of: headerChecksum.littleEndian, Array.init)
        try file.write(header, at: 0)
        try file.finish()
    }

    private mutating func finishBucket() throws(FileError) {
        try buckets.append(bucket)
        bucketsDone += 1
        for index in bucket.indices { bucket[index] = 0 }
        withUnsafeBytes(of: rowCount.littleEndian) { first in
            for index in 0..<8 { bucket[index] = first[index] }
        }
    }
}

/// Writes one area of a run in sequence, with a checksum for each of its blocks.
private struct BlockWriter {
    private let file: any IndexFileWriter
    private(set) var offset: Int
    private(set) var checksums: [UInt32] = []
    private var buffer: [UInt8] = []

    private static let bufferBytes = 64 * SortedRun.blockBytes

    static func padded(_ bytes: Int) -> Int {
        (bytes + SortedRun.blockBytes - 1) / SortedRun.blockBytes * SortedRun.blockBytes
    }

    init(_ file: any IndexFileWriter, offset: Int) {
        self.file = file
        self.offset = offset
        buffer.reserveCapacity(Self.bufferBytes + SortedRun.bucketBytes)
    }

    mutating func append(_ value: UInt64) throws(FileError) {
        withUnsafeBytes(of: value.littleEndian) { buffer.append(contentsOf: $0) }
        if buffer.count >= Self.bufferBytes { try write(Self.bufferBytes) }
    }

    mutating func append(_ bytes: [UInt8]) throws(FileError) {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.bufferBytes { try write(Self.bufferBytes) }
    }

    mutating func finish() throws(FileError) {
        let padding = Self.padded(buffer.count) - buffer.count
        buffer.append(contentsOf: repeatElement(0, count: padding))
        try write(buffer.count)
    }

    private mutating func write(_ count: Int) throws(FileError) {
        guard count > 0 else { return }
        let part = Array(buffer[..<count])
        part.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: count, by: SortedRun.blockBytes) {
                let block = UnsafeRawBufferPointer(rebasing: bytes[start..<start + SortedRun.blockBytes])
                checksums.append(CRC32C.checksum(block))
            }
        }
        try file.write(part, at: offset)
        offset += count
        buffer.removeFirst(count)
    }
}

/// Several runs in the order of their digests; of equal digests the one of the newest run alone.
struct RunMerge {
    private let runs: [SortedRun]
    private var next: [Int]
    private var heads: [DigestTable.Row?]

    /// - Parameter runs: oldest first.
    init(_ runs: [SortedRun]) throws(DamagedIndex) {
        self.runs = runs
        next = runs.map { _ in 0 }
        heads = []
        for run in runs { heads.append(run.rowCount > 0 ? try run.row(0) : nil) }
    }

    mutating func row() throws(DamagedIndex) -> DigestTable.Row? {
        var smallest: DigestTable.Row?
        for head in heads {
            // Of equals the later one in the list: it is newer.
            if let head, smallest.map({ head.digest <= $0.digest }) ?? true { smallest = head }
        }
        guard let smallest else { return nil }
        for index in runs.indices where heads[index]?.digest == smallest.digest {
            next[index] += 1
            heads[index] = next[index] < runs[index].rowCount ? try runs[index].row(next[index]) : nil
        }
        return smallest
    }
}
