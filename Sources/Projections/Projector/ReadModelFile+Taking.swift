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
        let before = checkpoint.tally
        let expected = chunk.account.tally(from: before, behind: checkpoint.position, of: projection.categories)
        do {
            checkpoint.tally = try apply(chunk, projection, behind: checkpoint, in: database)
        } catch {
            // That it was not given what the log has may be why.
            let given = given(chunk, behind: checkpoint)
            throw given.last ?? before == expected ? error : difference(of: given, in: chunk, behind: checkpoint)
        }
        guard checkpoint.tally == expected else {
            checkpoint.tally = before
            throw difference(of: given(chunk, behind: checkpoint), in: chunk, behind: checkpoint)
        }
        checkpoint.position = chunk.through
        checkpoint.record = chunk.account.checksum ?? checkpoint.record
        try checkpoint.save(in: database)
    }

    /// Returns the tally behind the events that were taken in or passed by.
    private func apply<P: Projection>(
        _ chunk: EventChunk, _ projection: P.Type, behind checkpoint: Checkpoint, in database: Database
    ) throws -> Tally {
        var projection = P()
        var aside = try ParkedEvents(parked, in: database)
        var tally = checkpoint.tally
        try chunk.forEach(behind: checkpoint.position, of: P.categories) { recorded in
            tally.add(recorded.record.checksum)
            guard try !aside.take(recorded.record, in: database) else { return }
            do {
                try projection.apply(recorded, in: database)
            } catch {
                throw FailedEvent(position: recorded.record.position, cause: error)
            }
        } undecoded: { record, error in
            tally.add(record.checksum)
            guard try !aside.take(record, in: database) else { return }
            throw FailedEvent(position: record.position, cause: error)
        }
        try projection.finish(in: database)
        return tally
    }

    /// The tallies after each event of a chunk.
    private func given(_ chunk: EventChunk, behind checkpoint: Checkpoint) -> [Tally] {
        var tally = checkpoint.tally
        var tallies: [Tally] = []
        func add(_ record: EventStore.Record) {
            tally.add(record.checksum)
            tallies.append(tally)
        }
        chunk.forEach(behind: checkpoint.position, of: projection.categories) {
            add($0.record)
        } undecoded: { record, _ in
            add(record)
        }
        return tallies
    }

    private func difference(
        of given: [Tally], in chunk: EventChunk, behind checkpoint: Checkpoint
    ) -> DiffersFromLog {
        DiffersFromLog(
            projection: projection.name,
            position: chunk.account.firstDifference(
                from: checkpoint.tally, behind: checkpoint.position, of: projection.categories, taken: given))
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
