import Dispatch
import Synchronization

/// What the Writer works on. One Writer has it at a time.
package struct WriterStore: Sendable {
    let log: EventLog
    let index: LogIndex
    let snapshots: Snapshots
    let keyring: Keyring
    let codec: StoredEvents
    /// Held for as long as the Writer runs, whoever still holds the store.
    let lock: DirectoryLock?
    let progress: WriterProgress
    /// Whether others append to the log, too: then each batch is decided in a turn of its own.
    var takesTurns = false
    /// Has the last word on when a batch is answered, where the log is copied.
    var replicator: Replicator? = nil
}

/// How far the Writer is, between its threads.
final class WriterProgress: Sendable {
    private let indexedThrough: Atomic<UInt64>
    private let beside: DispatchQueue?
    private let waiting = Atomic(0)

    /// - Parameter runsBeside: whether what can wait is done on a queue of its own; at once otherwise.
    init(indexed: Position, runsBeside: Bool) {
        indexedThrough = Atomic(indexed.rawValue)
        beside = runsBeside ? DispatchQueue(label: "daybook-snapshots", qos: .utility) : nil
    }

    /// Up to where the log and the index have everything.
    var indexed: Position { Position(rawValue: indexedThrough.load(ordering: .acquiring)) }

    func advance(to position: Position) { indexedThrough.store(position.rawValue, ordering: .releasing) }

    /// Does what nobody waits for and what may be left undone: with much waiting already, it is.
    func besideTheWriter(_ work: @escaping @Sendable () -> Void) {
        guard let beside else { return work() }
        guard waiting.load(ordering: .relaxed) < 64 else { return }
        waiting.wrappingAdd(1, ordering: .relaxed)
        beside.async {
            work()
            self.waiting.wrappingSubtract(1, ordering: .relaxed)
        }
    }

    /// Blocks until all of that is done.
    func finish() { beside?.sync {} }
}
