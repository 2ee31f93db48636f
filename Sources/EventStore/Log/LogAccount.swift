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

    /// Compares the tallies of somebody who took in the events of some kinds of streams behind a position, one after each event,
    /// with its own.
    ///
    /// - Parameter tally: what both had at that position.
    /// - Returns: the first position that differs; nil where none does.
    package func firstDifference(
        from tally: Tally, behind position: Position, of wanted: Set<Category>, taken: [Tally]
    ) -> Position? {
        var own = tally
        var expected: [(position: Position, tally: Tally)] = []
        expected.reserveCapacity(taken.count)
        for index in checksums.indices where after.advanced(by: index) >= position && wanted.contains(categories[index])
        {
            own.add(checksums[index])
            expected.append((after.advanced(by: index + 1), own))
        }
        guard expected.count != taken.count || expected.last?.tally != taken.last else { return nil }
        // From the first difference on all tallies differ, so that it is found by bisection.
        var (equal, different) = (0, min(expected.count, taken.count) + 1)
        while equal + 1 < different {
            let middle = (equal + different) / 2
            if expected[middle - 1].tally == taken[middle - 1] { equal = middle } else { different = middle }
        }
        return equal < expected.count ? expected[equal].position : through
    }
}

extension EventLog {
    /// Reads what the log says of the records behind one position up to another one. Each record's checksum is verified.
    ///
    /// - Throws: `EventStoreError.corrupt` where one is missing.
    package func account(after position: Position, through last: Position) throws -> LogAccount {
        var account = LogAccount(after: position)
        try scan(after: position, limit: Int(last.rawValue - position.rawValue)) { bytes, place in
            let (category, checksum) = try Record.kind(bytes, at: place)
            account.add(category, checksum)
        }
        guard account.through == last else {
            throw EventStoreError.corrupt(account.through.advanced(by: 1), "it is missing")
        }
        return account
    }
}
