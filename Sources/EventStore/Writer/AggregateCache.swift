import Ledger
import Synchronization

/// An aggregate that has streams of its own in the log.
protocol StreamedAggregate: Aggregate {
    /// The event as one of this aggregate's; nil for another's.
    static func own(_ event: Ledger.Event) -> Event?
}

/// An aggregate of any kind, in memory.
protocol WorkingAggregate: AnyObject {
    /// Where its stream stands, what was decided included.
    var head: StreamHead { get }

    /// Takes in an event of its own, which will stand at `head`. Returns a snapshot where one is due; it is taken to be made.
    func take(_ event: Event, at head: StreamHead, _ snapshots: Snapshots) -> DueSnapshot?
}

/// An aggregate in memory, where its stream stands, and what a snapshot of it would save.
final class CachedAggregate<State: StreamedAggregate>: WorkingAggregate {
    private let stream: StreamName
    private(set) var state: State
    private(set) var head: StreamHead
    private var snapshotVersion: Version
    private let snapshotBytes: SnapshotBytes

    init(
        _ stream: StreamName, state: State, head: StreamHead, snapshotVersion: Version = .none, snapshotBytes: Int = 0
    ) {
        self.stream = stream
        self.state = state
        self.head = head
        self.snapshotVersion = snapshotVersion
        self.snapshotBytes = SnapshotBytes(snapshotBytes)
    }

    func take(_ event: Event, at head: StreamHead, _ snapshots: Snapshots) -> DueSnapshot? {
        guard let event = State.own(event) else { preconditionFailure("an event is taken by the aggregate it is of") }
        state.apply(event)
        self.head = head
        guard snapshots.isDue(events: head.version.rawValue - snapshotVersion.rawValue, bytes: snapshotBytes.value)
        else { return nil }
        snapshotVersion = head.version
        let (stream, state, bytes) = (stream, state, snapshotBytes)
        return DueSnapshot { snapshots, log in bytes.set(try snapshots.save(state, of: stream, at: head, in: log)) }
    }
}

/// A state to be written down when its newest event is durable.
struct DueSnapshot: Sendable {
    /// Writes it. A failure leaves an older snapshot or none, and costs time at the next loading alone.
    let save: @Sendable (Snapshots, EventLog) throws -> Void
}

/// What the last snapshot of an aggregate took on the disk; told by the thread that wrote it.
private final class SnapshotBytes: Sendable {
    private let bytes: Atomic<Int>

    init(_ bytes: Int = 0) { self.bytes = Atomic(bytes) }

    var value: Int { bytes.load(ordering: .relaxed) }

    func set(_ bytes: Int) { self.bytes.store(bytes, ordering: .relaxed) }
}

/// Aggregates in memory, by stream. Holds some `capacity` to twice as many, of those the ones used last; more where more are
/// newer than what is durable, for these can't be had from the log yet.
struct AggregateCache<State: StreamedAggregate> {
    typealias Entry = CachedAggregate<State>

    private let capacity: Int
    /// Used since the last turn, and before. An entry used again moves to the younger ones.
    private var young: [String: Entry] = [:]
    private var old: [String: Entry] = [:]

    init(capacity: Int) { self.capacity = capacity }

    /// - Parameter durable: up to where the log and its index have everything.
    mutating func entry(_ id: String, durable: Position) -> Entry? {
        if let entry = young[id] { return entry }
        guard let entry = old.removeValue(forKey: id) else { return nil }
        insert(entry, id, durable: durable)
        return entry
    }

    /// Has an aggregate that is in memory take in the event of a record, unless it has.
    func take(_ record: Record, _ codec: StoredEvents, _ snapshots: Snapshots) throws {
        guard let entry = young[record.stream.id] ?? old[record.stream.id], entry.head.position < record.position
        else { return }
        guard entry.head.position == record.previous else {
            throw EventStoreError.corrupt(record.position, "it does not follow the newest event known of its stream")
        }
        let head = StreamHead(position: record.position, version: record.version)
        // A snapshot that is due is left to who made the event.
        _ = entry.take(try codec.event(of: record), at: head, snapshots)
    }

    mutating func insert(_ entry: Entry, _ id: String, durable: Position) {
        if young.count >= capacity {
            let kept = old.filter { $0.value.head.position > durable }
            old = young
            young = kept
        }
        young[id] = entry
    }
}
