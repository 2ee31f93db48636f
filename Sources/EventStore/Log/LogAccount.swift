package import Ledger

/// What the log says of consecutive records, read from it apart from the events: who takes those in compares.
package struct LogAccount: Sendable {
    package let after: Position
    private var categories: [Category] = []
    private var checksums: [UInt32] = []

    init(after: Position) { self.after = after }

    package var through: Position { after.advanced(by: checksums.count) }
    /// Of the last record; nil where there is none.
    package var checksum: UInt32? { checksums.last }

    mutating func add(_ category: Category, _ checksum: UInt32) {
        categories.append(category)
        checksums.append(checksum)
    }

    /// The tally behind the last record, of the events of some kinds of streams.
    ///
    /// - Parameter tally: what it was at a position among these records.
    package func tally(from tally: Tally, behind position: Position, of wanted: Set<Category>) -> Tally {
        var tally = tally
        forEach(behind: position, of: wanted) { tally.add(checksums[$0]) }
        return tally
    }

    /// The first position at which somebody differs who took in the events of some kinds of streams, by the tallies that they had
    /// after each event. The last of them differs from `tally(from:behind:of:)`.
    package func firstDifference(
        from tally: Tally, behind position: Position, of wanted: Set<Category>, taken: [Tally]
    ) -> Position {
        var own = tally
        var expected: [(position: Position, tally: Tally)] = []
        forEach(behind: position, of: wanted) { index in
            own.add(checksums[index])
            expected.append((after.advanced(by: index + 1), own))
        }
        // From the first difference on all tallies differ, so that it is found by bisection.
        var (equal, different) = (0, min(expected.count, taken.count) + 1)
        while equal + 1 < different {
            let middle = (equal + different) / 2
            if expected[middle - 1].tally == taken[middle - 1] { equal = middle } else { different = middle }
        }
        return equal < expected.count ? expected[equal].position : through
    }

    private func forEach(behind position: Position, of wanted: Set<Category>, _ body: (Int) -> Void) {
        let first = Int(max(position, after).rawValue - after.rawValue)
        let wanted = CategoryMask(wanted)
        for index in checksums.indices.dropFirst(first) where wanted.contains(categories[index]) { body(index) }
    }
}

/// A set of kinds of streams, to be asked for every record: a `Set` computes a hash each time.
package struct CategoryMask: Sendable {
    private let bits: UInt64

    package init(_ categories: Set<Category>) {
        bits = categories.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
    }

    package func contains(_ category: Category) -> Bool { bits & 1 << UInt64(category.rawValue) != 0 }
}

extension EventLog {
    /// Reads what the log says of the records behind one position up to another one. Each record's checksum is verified.
    ///
    /// - Throws: `EventStoreError.corrupt` where one is missing.
    package func account(after position: Position, through last: Position) throws -> LogAccount {
        var account = LogAccount(after: position)
        try scan(after: position, limit: Int(last.rawValue - position.rawValue)) { bytes, place in
            let (type, checksum) = try Record.kind(bytes, at: place)
            account.add(type.category, checksum)
        }
        guard account.through == last else {
            throw EventStoreError.corrupt(account.through.advanced(by: 1), "it is missing")
        }
        return account
    }
}
