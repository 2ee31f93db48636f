import Synchronization

/// Positions by digest, sorted, in a file that never changes: one part of the index on the disk.
///
/// To find a digest costs one place in memory where it is not there, two where it is. Every block of the file is
/// checked against its checksum before the first answer from it.
final class SortedRun: Sendable {
    // The format, version 2. All integers little-endian; areas begin at multiples of 4,096.
    //
    //      header      8 bytes "DBKRUN02", number of the run, rows, buckets, offset of the rows, offset of the
    //                  checksums, CRC-32C of the checksums, CRC-32C of the header so far; each 8 bytes
    //      buckets     64 bytes each and one more at the end: the number of its first row, then a Bloom filter of
    //                  448 bits, four of them set for each row. A digest belongs to bucket high * buckets / 2^64.
    //      rows        24 bytes each: digest (high, low), position; in the order of the digests
    //      checksums   CRC-32C of each block of 4,096 bytes of buckets and rows, 4 bytes each
    static let magic: UInt64 = 0x3230_4E55_524B_4244
    static let headerBytes = 64
    static let blockBytes = 4_096
    static let bucketBytes = 64
    private static let filterBitCount = 8 * (bucketBytes - 8)
    static let rowBytes = 24
    /// Of a bucket, on average: 14 bits of the filter each, so that one unknown digest in 250 costs a second look.
    static let rowsPerBucket = 32

    let number: UInt64
    let rowCount: Int
    private let bucketCount: UInt64
    private let rowsOffset: Int
    private let checksumsOffset: Int
    private let file: FileBytes
    /// A bit for each block that was checked.
    private let checked: CheckedBlocks

    var sizeBytes: Int { file.bytes.count }

    /// - Throws: `DamagedIndex` where header or checksums are not what was written.
    init(_ file: FileBytes, number: UInt64) throws(DamagedIndex) {
        let bytes = file.bytes
        guard bytes.count >= Self.blockBytes else { throw DamagedIndex("run \(number) is cut short") }
        func field(_ index: Int) -> UInt64 { bytes.littleEndian(8 * index) }
        let header = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<(Self.headerBytes - 8)]))
        guard field(0) == Self.magic, field(7) == UInt64(header), field(1) == number,
            let rows = Int(exactly: field(2)), let rowsOffset = Int(exactly: field(4)),
            let checksumsOffset = Int(exactly: field(5)), checksumsOffset <= bytes.count
        else { throw DamagedIndex("the header of run \(number) is not what was written") }
        let checksums = UnsafeRawBufferPointer(rebasing: bytes[checksumsOffset...])
        let blocks = (checksumsOffset - Self.blockBytes) / Self.blockBytes
        guard checksums.count == 4 * blocks, field(6) == UInt64(CRC32C.checksum(checksums)) else {
            throw DamagedIndex("the checksums of run \(number) are not what was written")
        }
        self.number = number
        self.file = file
        rowCount = rows
        bucketCount = field(3)
        self.rowsOffset = rowsOffset
        self.checksumsOffset = checksumsOffset
        checked = CheckedBlocks(count: blocks)
    }

    /// Looks up each digest whose position is not known yet.
    ///
    /// Asks the filters of all before the rows of any: the filters' places don't depend on each other, so that the memory
    /// fetches several at a time.
    func find(_ digests: [Digest], in positions: inout [Position?]) throws(DamagedIndex) {
        guard rowCount > 0 else { return }
        var candidates: [Int] = []
        for index in digests.indices where positions[index] == nil {
            if try mayHold(digests[index]) { candidates.append(index) }
        }
        for index in candidates { positions[index] = try position(of: digests[index]) }
    }

    /// Whether the filter of the digest's bucket has all of its bits.
    @inline(__always)
    func mayHold(_ digest: Digest) throws(DamagedIndex) -> Bool {
        let place = place(ofBucketOf: digest)
        // A bucket lies within one block.
        let block = place / Self.blockBytes - 1
        if !checked.contains(block) { try check(place, Self.bucketBytes) }
        var missing: UInt8 = 0
        let bits = Self.filterBits(digest)
        for index in bits.indices {
            missing |= ~(file.bytes[place + 8 + bits[index] >> 3] >> UInt8(truncatingIfNeeded: bits[index] & 7)) & 1
        }
        return missing == 0
    }

    @inline(__always)
    private func place(ofBucketOf digest: Digest) -> Int {
        Self.blockBytes + Int(digest.high.multipliedFullWidth(by: bucketCount).high) * Self.bucketBytes
    }

    /// The position of a digest that the filter may hold.
    private func position(of digest: Digest) throws(DamagedIndex) -> Position? {
        let place = place(ofBucketOf: digest)
        try check(place + Self.bucketBytes, 8)
        var low = Int(file.bytes.littleEndian(place))
        var high = Int(file.bytes.littleEndian(place + Self.bucketBytes))
        while low < high {
            let middle = (low + high) / 2
            let row = try row(middle)
            if row.digest == digest { return Position(rawValue: row.position) }
            if row.digest < digest { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    func row(_ index: Int) throws(DamagedIndex) -> DigestTable.Row {
        let place = rowsOffset + index * Self.rowBytes
        try check(place, Self.rowBytes)
        return DigestTable.Row(
            digest: Digest(high: file.bytes.littleEndian(place), low: file.bytes.littleEndian(place + 8)),
            position: file.bytes.littleEndian(place + 16))
    }

    /// Checks every block.
    func verify() throws(DamagedIndex) {
        checked.forget()
        try check(Self.blockBytes, checksumsOffset - Self.blockBytes)
    }

    /// The four bits of a bucket's filter that a digest sets.
    @inline(__always)
    static func filterBits(_ digest: Digest) -> [4 of Int] {
        func bit(_ part: UInt64) -> Int { (Int(part & 0xFFFF) * filterBitCount) >> 16 }
        return [bit(digest.low), bit(digest.low >> 16), bit(digest.low >> 32), bit(digest.low >> 48)]
    }

    private func check(_ offset: Int, _ count: Int) throws(DamagedIndex) {
        guard offset >= Self.blockBytes, offset + count <= checksumsOffset else {
            throw DamagedIndex("run \(number) points outside of itself")
        }
        let first = offset / Self.blockBytes - 1
        let last = (offset + count - 1) / Self.blockBytes - 1
        for block in first...last where !checked.contains(block) {
            let start = (block + 1) * Self.blockBytes
            let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[start..<start + Self.blockBytes])
            let wanted = file.bytes.loadUnaligned(fromByteOffset: checksumsOffset + 4 * block, as: UInt32.self)
            guard CRC32C.checksum(bytes) == UInt32(littleEndian: wanted) else {
                throw DamagedIndex("block \(block + 1) of run \(number) is not what was written")
            }
            checked.insert(block)
        }
    }
}

/// A part of the index is not what was written. All of it can be made again from the log.
struct DamagedIndex: Error, CustomStringConvertible {
    let description: String

    init(_ what: String) { description = what }
}

/// A set of blocks that any thread adds to. Sendable because its words are atomic.
private final class CheckedBlocks: @unchecked Sendable {
    private let words: UnsafeMutableBufferPointer<Atomic<UInt64>>

    init(count: Int) {
        words = .allocate(capacity: count / 64 + 1)
        for index in words.indices { (words.baseAddress! + index).initialize(to: Atomic(0)) }
    }

    deinit {
        words.deinitialize()
        words.deallocate()
    }

    func contains(_ block: Int) -> Bool {
        words[block / 64].load(ordering: .relaxed) & (1 << UInt64(block % 64)) != 0
    }

    func insert(_ block: Int) {
        words[block / 64].bitwiseOr(1 << UInt64(block % 64), ordering: .relaxed)
    }

    func forget() {
        for index in words.indices { words[index].store(0, ordering: .relaxed) }
    }
}

extension UnsafeRawBufferPointer {
    func littleEndian(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
