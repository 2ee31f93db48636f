import Synchronization

/// Deals out the numbers of commands, a group at a time, to whoever asks first.
final class GroupNumbers: Sendable {
    private let commands: Int
    private let batch: Int
    private let first = Mutex(0)

    init(commands: Int, batch: Int) {
        self.commands = commands
        self.batch = batch
    }

    /// Nil when all are dealt out.
    func next() -> Range<Int>? {
        first.withLock { first in
            guard first < commands else { return nil }
            let range = first..<min(commands, first + batch)
            first = range.upperBound
            return range
        }
    }
}
