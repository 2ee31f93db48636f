import EventStore
import Ledger
import Synchronization

/// The newest events as JSON, made once for all who follow the log.
final class LiveTail: Sendable {
    struct Entry: Sendable {
        let position: Position
        let type: EventType
        let stream: StreamName
        let json: [UInt8]
    }

    /// What one look at it gives.
    struct Page: Sendable {
        let entries: [Entry]
        /// Everything up to here was looked at.
        let through: Position
    }

    private struct State {
        /// Everything behind here is in `entries`; nil before somebody asked.
        var after: Position?
        var entries: [Entry] = []
        var bytes = 0
        var followers = 0

        var through: Position? { entries.last?.position ?? after }
    }

    private static let entriesMax = 4_096
    private static let bytesMax = 8 << 20

    private let store: Store
    private let state = Mutex(State())

    init(_ store: Store) { self.store = store }

    /// The matching events behind a position, up to the log's head. Nil where some are older than what is kept: they are to be
    /// read from the log.
    func page(after position: Position, _ filter: EventFeed.Filter) throws -> Page? {
        try state.withLock { state -> Page? in
            try refresh(&state)
            guard let after = state.after, let through = state.through, position >= after else { return nil }
            let first = Int(position.rawValue - after.rawValue)
            guard first < state.entries.count else { return Page(entries: [], through: max(position, through)) }
            return Page(
                entries: state.entries[first...].filter { filter.matches($0.type, $0.stream) }, through: through)
        }
    }

    private func refresh(_ state: inout State) throws {
        let head = store.log.headPosition
        if state.after == nil { state.after = head }
        if head.rawValue - (state.through ?? head).rawValue > Self.entriesMax {
            // More came than is kept: followers read it from the log.
            state = State(after: head, followers: state.followers)
        }
        var after = state.through ?? head
        while after < head {
            let page = try EventFeed(store).page(after: after, limit: Self.entriesMax, EventFeed.Filter())
            for event in page.events {
                let json = event.json
                state.entries.append(
                    Entry(
                        position: event.record.position, type: event.record.type, stream: event.record.stream,
                        json: json))
                state.bytes += json.count
            }
            after = page.through
        }
        trim(&state)
    }

    /// Half is let go of at once, so that it costs little an event.
    private func trim(_ state: inout State) {
        guard state.entries.count > Self.entriesMax || state.bytes > Self.bytesMax else { return }
        var (dropped, left) = (0, state.bytes)
        while state.entries.count - dropped > Self.entriesMax / 2 || left > Self.bytesMax / 2 {
            left -= state.entries[dropped].json.count
            dropped += 1
        }
        state.after = state.entries[dropped - 1].position
        state.entries.removeFirst(dropped)
        state.bytes = left
    }

    /// Somebody begins to follow, and must end.
    func begin() { state.withLock { $0.followers += 1 } }
    func end() { state.withLock { $0.followers -= 1 } }

    /// From one writing to a follower to the next, at least: more events gather meanwhile, so that all followers together cost some
    /// ten thousand writings a second, however many they are. A lone event does not wait.
    var apart: Duration { .milliseconds(10) + .microseconds(100) * state.withLock { $0.followers } }
}
