import Ledger

/// Takes commands from the queue and decides them, one after another, on what was decided before. Used under the
/// Writer's lock alone.
struct Decider {
    private let store: WriterStore
    private let queue: CommandQueue
    private let turns: CommitTurns
    private let options: Writer.Options
    private let clock: @Sendable () -> Timestamp
    private var books: WorkingBooks
    /// The batches which may not be durable yet, oldest first; the last one is in hand.
    private var recent: [Batch] = []
    /// The keys of their commands, and some which are durable since.
    private var recentKeys = DigestTable()
    private var batchesBegun: UInt64 = 0
    /// Up to where the books know what others appended.
    private var known: Position
    /// After more events of others than that, the books begin anew.
    private static let othersMax = 100_000
    /// The aggregates of the events of the command in hand.
    private var touched: [any WorkingAggregate] = []

    init(
        store: WriterStore, queue: CommandQueue, turns: CommitTurns, options: Writer.Options,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.queue = queue
        self.turns = turns
        self.options = options
        self.clock = clock
        books = WorkingBooks(store, options.cached)
        known = store.log.headPosition
    }

    /// Decides the commands that wait, and takes in more until it is this batch's turn to be written. Nil where none
    /// waits.
    ///
    /// - Parameter over: takes the batches that are durable and needed no more.
    mutating func nextBatch(_ over: inout [Batch]) -> Batch? {
        let groups = queue.take(max: options.batchCommandsMax)
        guard !groups.isEmpty else { return nil }
        if turns.hasFailed { startAgain() }
        let batch = begin(&over)
        decide(groups, in: batch)
        while batch.commandCount < options.batchCommandsMax, batch.records.byteCount < options.batchBytesMax,
            !turns.isNext(batch.number)
        {
            let room = options.batchCommandsMax - batch.commandCount
            decide(queue.take(min: min(room, options.wakingCommandsMin), max: room), in: batch)
        }
        // What came meanwhile and was too little to be woken for.
        if batch.commandCount < options.batchCommandsMax, batch.records.byteCount < options.batchBytesMax {
            decide(queue.take(max: options.batchCommandsMax - batch.commandCount), in: batch)
        }
        return batch
    }

    /// Brings the books up to what others appended to the log.
    mutating func takeInOthers() throws {
        if turns.hasFailed { startAgain() }  // What was not written was perhaps written by others, otherwise.
        let head = store.log.headPosition
        if head.rawValue - known.rawValue > Self.othersMax {
            (books, known) = (WorkingBooks(store, options.cached), head)
        }
        while known < head {
            let records = try store.log.read(after: known, limit: 4_096)
            for record in records { try books.take(record) }
            known = records.last?.position ?? head
        }
    }

    /// Tells those who wait for the next batch why there is none.
    mutating func refuseWaiting(_ error: EventStoreError) {
        for group in queue.take(max: options.batchCommandsMax) {
            group.answer(group.submissions.map { _ in .failed(error) })
        }
    }

    /// Forgets what was decided and not written.
    private mutating func startAgain() {
        turns.recover(after: batchesBegun)
        store.keyring.discardUnsaved()
        books = WorkingBooks(store, options.cached)
        recent = []
        recentKeys.removeAll()
    }

    private mutating func begin(_ over: inout [Batch]) -> Batch {
        let indexed = store.progress.indexed
        while let oldest = recent.first, oldest.end <= indexed { over.append(recent.removeFirst()) }
        if recentKeys.count > options.recentKeysMax { recentKeys.removeThrough(indexed) }
        batchesBegun += 1
        let batch = Batch(number: batchesBegun, start: max(recent.last?.end ?? .start, store.log.headPosition))
        recent.append(batch)
        return batch
    }

    private mutating func decide(_ groups: [CommandQueue.Group], in batch: Batch) {
        for group in groups {
            let now = clock()
            let digests = group.submissions.map { store.index.digestKey.digest(ofKey: $0.key) }
            var decisions: [Batch.Decision] = []
            decisions.reserveCapacity(group.submissions.count)
            do {
                let positions = try store.index.positions(ofKeys: digests)
                for (index, submission) in group.submissions.enumerated() {
                    decisions.append(decision(on: submission, digests[index], known: positions[index], now, in: batch))
                }
            } catch {
                decisions = digests.map { _ in .told(.failed(Self.unreadable(error))) }
            }
            batch.append(group, decisions)
        }
    }

    /// - Parameter known: where the key stands by the index, which may not know of what is in hand.
    private mutating func decision(
        on submission: Submission, _ digest: Digest, known: Position?, _ now: Timestamp, in batch: Batch
    ) -> Batch.Decision {
        do {
            if let known = try answer(toKnown: submission, digest, known) { return known }
            if let expected = submission.expectedVersion {
                let subject = submission.command.subject
                let actual = try subject.map { try books.aggregate(of: $0).head.version } ?? .none
                guard actual == expected else {
                    return .told(
                        .versionMismatch(subject ?? StreamName(.cart, submission.freshID), actual: actual))
                }
            }
            let accepted = try accept(submission, digest, now, in: batch)
            recentKeys.set(digest, accepted.first)
            return batch.accept(accepted)
        } catch let refusal as Refusal {
            return .told(.refused(refusal))
        } catch {
            return .told(.failed(Self.unreadable(error)))
        }
    }

    private static func unreadable(_ error: any Error) -> EventStoreError {
        error as? EventStoreError
            ?? EventStoreError(
                .corrupt, "The command could not be decided, because the store could not be read.", cause: error)
    }

    /// The first answer to a key which was accepted before; nil for a new one.
    private func answer(
        toKnown submission: Submission, _ digest: Digest, _ indexed: Position?
    ) throws -> Batch.Decision? {
        if let position = recentKeys[digest] {
            for batch in recent {
                guard let command = batch.command(at: position) else { continue }
                let first = batch.submission(of: command)
                guard first.key == submission.key, first.fingerprint == submission.fingerprint else {
                    return .told(.keyReused(position))
                }
                return .repeated(batch, command)
            }
        }
        // The index was asked when the command was taken; what it has learnt since is among the recent ones.
        guard let position = indexed ?? recentKeys[digest] else { return nil }
        guard let first = try store.log.record(at: position) else {
            throw EventStoreError.corrupt(position, "it is missing, though the index names it")
        }
        guard first.key == submission.key, first.fingerprint == submission.fingerprint else {
            return .told(.keyReused(position))
        }
        return .told(.accepted(try receipt(of: first, submission)))
    }

    private func receipt(of first: Record, _ submission: Submission) throws -> Receipt {
        let records = try store.log.read(after: Position(rawValue: first.position.rawValue - 1), limit: first.count)
        let events = try records.map { StreamEvent($0.stream, try store.codec.event(of: $0)) }
        return Receipt(
            events: records.map {
                Receipt.Entry(position: $0.position, stream: $0.stream, version: $0.version, type: $0.type)
            },
            result: submission.command.result(of: events), subject: submission.command.subject, isRepeated: true)
    }

    private mutating func accept(
        _ submission: Submission, _ digest: Digest, _ now: Timestamp, in batch: Batch
    ) throws -> Batch.Accepted {
        let moment = Moment(now: now, effectiveAt: submission.effectiveAt, freshID: submission.freshID)
        let events = try submission.command.decide(books, moment)
        precondition(!events.isEmpty, "an accepted command has events; its key would be lost without")
        let before = batch.end
        do {
            try encode(events, of: submission, digest, moment, in: batch)
        } catch {
            batch.truncate(to: before)
            throw error
        }
        for (ordinal, event) in events.enumerated() {
            let position = before.advanced(by: ordinal + 1)
            let head = StreamHead(position: position, version: batch.version(at: position))
            if let snapshot = touched[ordinal].take(event.event, at: head, store.snapshots) {
                batch.snapshots.append(snapshot)
            }
        }
        return Batch.Accepted(submission: submission, events: events, first: before.advanced(by: 1))
    }

    /// Appends the records to the batch; `touched` are then the aggregates of the events, one for each.
    private mutating func encode(
        _ events: [StreamEvent], of submission: Submission, _ digest: Digest, _ moment: Moment, in batch: Batch
    ) throws {
        touched.removeAll(keepingCapacity: true)
        // Where streams of this command stand that have more than one event in it.
        var heads: [StreamName: StreamHead] = [:]
        for (ordinal, event) in events.enumerated() {
            let position = batch.end.advanced(by: 1)
            let aggregate = try books.aggregate(of: event.stream)
            touched.append(aggregate)
            let before = heads[event.stream] ?? aggregate.head
            let version = Version(rawValue: before.version.rawValue + 1)
            let (type, bytes, checksum) = try store.codec.append(event.event, of: event.stream, to: batch.records) {
                Record(
                    position: position, stream: event.stream, version: version, storedType: $0, recordedAt: moment.now,
                    effectiveAt: moment.effectiveAt, actor: submission.actor, key: submission.key, ordinal: ordinal,
                    count: events.count, fingerprint: submission.fingerprint, correlation: submission.correlation,
                    previous: before.position, payload: [])
            }
            batch.append(
                IndexEntry(
                    stream: store.index.digestKey.digest(of: event.stream), key: ordinal == 0 ? digest : nil,
                    position: position, checksum: checksum), version, type)
            guard bytes <= Record.bytesMax else { throw Refusal.recordTooLarge(bytes) }
            if events.count > 1 { heads[event.stream] = StreamHead(position: position, version: version) }
        }
    }
}

extension Refusal {
    fileprivate static func recordTooLarge(_ bytes: Int) -> Refusal {
        Refusal(
            .recordTooLarge,
            "One event of the command would have \(bytes) bytes; \(Record.bytesMax) is the most. Split the command.")
    }
}
