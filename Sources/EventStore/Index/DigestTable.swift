import Ledger

/// Positions by digest, in memory. A table of our own, because digests need no hashing: an insertion costs some
/// ten nanoseconds, and what is in it can be handed over sorted.
struct DigestTable: Sendable {
    struct Row: Sendable {
        var digest: Digest
        /// 0 for an empty place; no record stands there.
        var position: UInt64
    }

    private var rows: [Row]
    private var mask: Int
    private(set) var count = 0

    private static let empty = Row(digest: Digest(high: 0, low: 0), position: 0)

    init(capacity: Int = 1_024) {
        let places = max(16, capacity * 2).roundedUpToPowerOf2
        rows = Array(repeating: Self.empty, count: places)
        mask = places - 1
    }

    subscript(digest: Digest) -> Position? {
        var place = Int(truncatingIfNeeded: digest.low) & mask
        while rows[place].position != 0 {
            if rows[place].digest == digest { return Position(rawValue: rows[place].position) }
            place = (place + 1) & mask
        }
        return nil
    }

    /// Sets the position of a digest, in place of any there was.
    mutating func set(_ digest: Digest, _ position: Position) {
        if count * 2 > mask { grow() }
        insert(Row(digest: digest, position: position.rawValue))
    }

    /// Forgets everything that stands at `position` or before.
    mutating func removeThrough(_ position: Position) {
        let kept = rows.filter { $0.position > position.rawValue }
        self = DigestTable(capacity: kept.count)
        for row in kept { insert(row) }
    }

    mutating func removeAll() { self = DigestTable() }

    /// What is in it, in the order of the digests.
    var sorted: [Row] {
        rows.filter { $0.position != 0 }.sorted { $0.digest < $1.digest }
    }

    private mutating func insert(_ row: Row) {
        var place = Int(truncatingIfNeeded: row.digest.low) & mask
        while rows[place].position != 0 {
            if rows[place].digest == row.digest {
                rows[place].position = row.position
                return
            }
            place = (place + 1) & mask
        }
        rows[place] = row
        count += 1
    }

    private mutating func grow() {
        let old = rows
        rows = Array(repeating: Self.empty, count: old.count * 2)
        mask = rows.count - 1
        count = 0
        for row in old where row.position != 0 { insert(row) }
    }
}

extension Int {
    fileprivate var roundedUpToPowerOf2: Int { self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
