/// Where the events of a log stand in the log that was made of it. Costs memory for each run of events that stayed together.
package struct PositionMap: Equatable, Sendable {
    private struct Run: Equatable {
        let first: UInt64
        let new: UInt64
        var count: UInt64
    }

    private var runs: [Run] = []

    package init() {}

    /// To be called in the order of both logs.
    mutating func add(_ old: Position, becomes new: Position) {
        if let last = runs.last, last.first + last.count == old.rawValue, last.new + last.count == new.rawValue {
            runs[runs.count - 1].count += 1
        } else {
            runs.append(Run(first: old.rawValue, new: new.rawValue, count: 1))
        }
    }

    /// Where the event stands now; nil where it was dropped.
    package subscript(old: Position) -> Position? {
        guard let run = run(before: old), old.rawValue < run.first + run.count else { return nil }
        return Position(rawValue: run.new + old.rawValue - run.first)
    }

    /// Where somebody goes on who has everything up to `old`: at the newest event of then that is still there.
    package func through(_ old: Position) -> Position {
        guard let run = run(before: old) else { return .start }
        return Position(rawValue: run.new + min(old.rawValue - run.first, run.count - 1))
    }

    /// The last run that does not begin behind the position.
    private func run(before old: Position) -> Run? {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].first <= old.rawValue { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : runs[low - 1]
    }

    /// A line for each run, for people and programs: first and last position as they were, and the first as it is.
    package var csv: String {
        runs.reduce(into: "was_first,was_last,is_first\n") {
            $0 += "\($1.first),\($1.first + $1.count - 1),\($1.new)\n"
        }
    }

    /// Reads what `csv` wrote; nil where it is something else.
    package init?(csv: String) {
        var lines = csv.split(separator: "\n")
        guard lines.first == "was_first,was_last,is_first" else { return nil }
        lines.removeFirst()
        for line in lines {
            let numbers = line.split(separator: ",").compactMap { UInt64($0) }
            guard numbers.count == 3, numbers[0] <= numbers[1] else { return nil }
            runs.append(Run(first: numbers[0], new: numbers[2], count: numbers[1] - numbers[0] + 1))
        }
    }
}
