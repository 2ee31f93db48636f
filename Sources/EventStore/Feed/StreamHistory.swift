package import Ledger

/// The events of one stream, the oldest first.
///
/// The chain of a stream leads backwards, so that finding a place in it costs as much as there is behind the place. It is followed in
/// pieces, between which others have their turn.
package struct StreamHistory: Sendable {
    private static let piece = 4_096

    private let store: Store

    package init(_ store: Store) { self.store = store }

    /// Where the events behind a version and up to a position stand, in order. Nil where there is no such stream.
    package func positions(
        of stream: StreamName, behind version: Version = .none, through last: Position = Position(rawValue: .max)
    ) async throws -> [Position]? {
        var head = try store.index.head(of: stream)
        guard head != .none else { return nil }
        var found: [Position] = []
        while head.version > version {
            head = try follow(head, behind: version) { if $0 <= last { found.append($0) } }
            await Task.yield()
        }
        return found.reversed()
    }

    /// Returns where to go on.
    private func follow(_ head: StreamHead, behind version: Version, _ body: (Position) -> Void) throws -> StreamHead {
        var (left, next) = (Self.piece, StreamHead.none)
        try store.log.readBackwards(from: head) { record in
            next = StreamHead(position: record.previous, version: Version(rawValue: record.version.rawValue - 1))
            guard record.version > version else { return false }
            body(record.position)
            left -= 1
            return left > 0
        }
        return next
    }

    /// - Throws: `EventStoreError.corrupt` where there is none.
    package func event(at position: Position) throws -> Recorded {
        guard let record = try store.log.record(at: position) else {
            throw EventStoreError.corrupt(position, "it is missing")
        }
        return Recorded(record: record, event: try store.events.event(of: record))
    }
}
