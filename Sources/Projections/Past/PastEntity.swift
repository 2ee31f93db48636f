package import EventStore
package import GRDB
import JSON
package import Ledger

/// One thing as of a position of the log, folded from its own streams by the projection that keeps all such things live: what
/// it answers is what the read model answered when it stood there.
package struct PastEntity<P: EntityProjection> {
    /// More events are not folded while somebody waits.
    package static var eventsMax: Int { 100_000 }
    /// Between two, others have their turn.
    private static var batchEvents: Int { 1_024 }

    private let id: String
    private let history: StreamHistory
    /// Of all its streams, in the order of the log.
    private let positions: [Position]
    private let rows: DatabaseQueue
    private var applied = 0

    /// Nil where it did not exist by then.
    ///
    /// - Throws: `HistoryTooLong` beyond `eventsMax`.
    package init?(_ id: String, in store: Store, through last: Position) async throws {
        self.id = id
        history = StreamHistory(store)
        let stream = StreamName(P.entity, id)
        guard let own = try await history.positions(of: stream, through: last), !own.isEmpty else { return nil }
        guard own.count <= Self.eventsMax else { throw HistoryTooLong(stream: stream, events: own.count) }
        var all = own
        for companion in P.companions(of: id, try own.map { try history.event(at: $0).event }) {
            all += try await history.positions(of: companion, through: last) ?? []
            guard all.count <= Self.eventsMax else { throw HistoryTooLong(stream: companion, events: all.count) }
        }
        positions = all.sorted()
        rows = try DatabaseQueue()
        try rows.write { database in
            try P.createSchema(in: database)
            try P.createIndexes(in: database)
        }
    }

    /// Folds what is left. Nil where the projection has no answer about it.
    package mutating func answer(now: Timestamp) async throws -> EntityAnswer? {
        while applied < positions.count {
            try apply(min(Self.batchEvents, positions.count - applied))
            await Task.yield()
        }
        return try read { try P.answer(about: id, now: now, in: $0) }
    }

    /// Of what was folded so far.
    package func read<R>(_ body: (Database) throws -> R) throws -> R { try rows.read(body) }

    /// What each event of its own stream behind a version changed in the answer, in order: up to `limit`, and whether there are
    /// more. Each as the event, with `changes`.
    package mutating func changes(behind version: Version, limit: Int) async throws -> (items: [Change], hasMore: Bool)
    {
        var items: [Change] = []
        while applied < positions.count {
            let recorded = try history.event(at: positions[applied])
            guard recorded.record.stream == StreamName(P.entity, id), recorded.record.version > version else {
                try apply(1)
                continue
            }
            if items.count == limit { return (items, true) }
            items.append(try change(by: recorded))
            await Task.yield()
        }
        return (items, false)
    }

    private mutating func change(by recorded: Recorded) throws -> Change {
        // At the event's own time before and after, so that what ended by the clock is not taken for its doing.
        let now = recorded.record.recordedAt
        func document() throws -> JSONDocument? {
            try read { try P.answer(about: id, now: now, in: $0) }.map { try JSONDocument($0.json) }
        }
        let before = try document()
        try apply(1)
        return Change(recorded: recorded, differences: JSONDifference.all(from: before, to: try document()))
    }

    private mutating func apply(_ count: Int) throws {
        let next = try positions[applied..<applied + count].map { try history.event(at: $0) }
        try rows.write { database in
            var projection = P()
            for recorded in next { try projection.apply(recorded, in: database) }
            try projection.finish(in: database)
        }
        applied += count
    }

    /// An event, and what it changed.
    package struct Change: Sendable {
        package let recorded: Recorded
        package let differences: [JSONDifference]
    }
}

/// There is more than is folded while somebody waits.
package struct HistoryTooLong: Error, Sendable {
    package let stream: StreamName
    package let events: Int
}
