import EventStore
import GRDB

extension ReadModelFile {
    /// Takes in what it does not have yet of consecutive events, in one transaction.
    ///
    /// - Throws: `FailedEvent` for one that the projection can't apply, `DiffersFromLog` where what it was given is not what the
    ///   log has; nothing was taken in then.
    func take(_ chunk: EventChunk) throws { try write { try take(chunk, in: $0) } }

    func take(_ chunk: EventChunk, in database: Database) throws {
        var checkpoint = try Checkpoint.load(from: database)
        precondition(checkpoint.position >= chunk.after, "a file is fed without gaps")
        guard checkpoint.position < chunk.through else { return }
        let tally = try compared(chunk, from: checkpoint)
        try apply(chunk, projection, behind: checkpoint.position, in: database)
        checkpoint.position = chunk.through
        checkpoint.tally = tally
        checkpoint.record = chunk.account.checksum ?? checkpoint.record
        try checkpoint.save(in: database)
    }

    /// The tally behind the events that are to be taken in, which must be those that the log has.
    private func compared(_ chunk: EventChunk, from checkpoint: Checkpoint) throws -> Tally {
        let (position, categories) = (checkpoint.position, projection.categories)
        var tally = checkpoint.tally
        chunk.forEachChecksum(behind: position, of: categories) { tally.add($0) }
        guard tally != chunk.account.tally(from: checkpoint.tally, behind: position, of: categories) else {
            return tally
        }
        tally = checkpoint.tally
        var taken: [Tally] = []
        chunk.forEachChecksum(behind: position, of: categories) {
            tally.add($0)
            taken.append(tally)
        }
        throw DiffersFromLog(
            projection: projection.name,
            position: chunk.account.firstDifference(
                from: checkpoint.tally, behind: position, of: categories, taken: taken))
    }

    private func apply<P: Projection>(
        _ chunk: EventChunk, _ projection: P.Type, behind position: Position, in database: Database
    ) throws {
        var projection = P()
        var aside = try ParkedEvents(parked, in: database)
        try chunk.forEach(behind: position, of: P.categories) { recorded in
            guard try !aside.take(recorded.record, in: database) else { return }
            do {
                try projection.apply(recorded, in: database)
            } catch {
                throw FailedEvent(position: recorded.record.position, cause: error)
            }
        } undecoded: { record, error in
            guard try !aside.take(record, in: database) else { return }
            throw FailedEvent(position: record.position, cause: error)
        }
        try projection.finish(in: database)
    }
}

/// An event that a projection can't apply.
struct FailedEvent: Error, CustomStringConvertible {
    let position: Position
    let cause: any Error

    var description: String { "The event at position \(position) can't be applied: \(cause)" }
}

/// What a projection was given to take in is not what the log has: something between them dropped, doubled, swapped or altered an event.
struct DiffersFromLog: Error, CustomStringConvertible {
    let projection: String
    /// The first that differs.
    let position: Position

    var description: String {
        "What \(projection) was given differs from the log, first at position \(position); nothing of it was kept. Run daybook verify."
    }
}
