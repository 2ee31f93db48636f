package import EventStore
package import GRDB
package import JSON
package import Ledger

/// One thing as of a position of the log, folded from its own streams by the projection that keeps all such things live: what
/// it answers is what the read model answered when it stood there.
package struct PastEntity<P: EntityProjection> {
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
    /// - Parameter eventsMax: more are not folded while somebody waits.
    /// - Throws: `HistoryTooLong` where there are more.
    package init?(_ id: String, in store: Store, through last: Position, eventsMax: Int = 100_000) async throws {
        self.id = id
        history = StreamHistory(store)
        let stream = StreamName(P.entity, id)
        guard let own = try await history.positions(of: stream, through: last), !own.isEmpty else { return nil }
        guard own.count <= eventsMax else { throw HistoryTooLong(stream: stream, eventsMax: eventsMax) }
        var all = own
        let events = try own.map { [history] in try history.event(at: $0).event }
        for companion in P.companions(of: id, events) {
            all += try await history.positions(of: companion, through: last) ?? []
            guard all.count <= eventsMax else { throw HistoryTooLong(stream: companion, eventsMax: eventsMax) }
        }
        positions = all.sorted()
        rows = try Self.emptyRows()
    }

    private static func emptyRows() throws -> DatabaseQueue {
        let rows = try DatabaseQueue()
        try rows.write { database in
            try P.createSchema(in: database)
            try P.createIndexes(in: database)
        }
        return rows
    }

    /// Folds what is left. Nil where the projection has no answer about it.
    package mutating func answer(now: Timestamp) async throws -> EntityAnswer? {
        try await foldAll()
        return try read { try P.answer(about: id, now: now, in: $0) }
    }

    package mutating func foldAll() async throws {
        while applied < positions.count {
            try apply(min(Self.batchEvents, positions.count - applied))
            await Task.yield()
        }
    }

    /// Reads the rows of what was folded so far.
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
                if applied % Self.batchEvents == 0 { await Task.yield() }
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
    /// The one with which it was too much.
    package let stream: StreamName
    package let eventsMax: Int
}
