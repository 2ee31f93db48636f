import Foundation
package import Ledger
import Logging

/// What the Writer works on. One Writer has it at a time.
package struct WriterStore: Sendable {
    let log: EventLog
    let index: LogIndex
    let keyring: Keyring
    let codec: StoredEvents
    /// Held for as long as the Writer runs, whoever still holds the store.
    let lock: DirectoryLock?
}

/// The Writer's thread: take, decide, write, answer.
struct WriterLoop {
    private let store: WriterStore
    private let options: Writer.Options
    private var books: WorkingBooks
    private var batch: Batch
    private var isPoisoned: EventStoreError? {
        didSet { if let isPoisoned { fail(isPoisoned) } }
    }
    /// Told the fault after which nothing more may be written, before anybody is answered with it.
    private let fail: (EventStoreError) -> Void
    /// Groups decided in this batch, and their outcomes, which are told when the batch is durable.
    private var decided: [(group: CommandQueue.Group, outcomes: [Outcome])] = []

    init(store: WriterStore, options: Writer.Options, fail: @escaping (EventStoreError) -> Void) {
        self.store = store
        self.fail = fail
        self.options = options
        books = WorkingBooks(log: store.log, index: store.index, codec: store.codec)
        batch = Batch(start: store.log.headPosition)
    }

    /// Decides and writes the groups, then answers them.
    mutating func process(_ groups: [CommandQueue.Group]) {
        for group in groups {
            if let isPoisoned {
                group.answer(group.submissions.map { _ in .failed(isPoisoned) })
                continue
            }
            decided.append((group, group.submissions.map { outcome(of: $0) }))
            if batch.bytes >= options.batchBytesMax { commit() }
        }
        commit()
    }

    /// Brings the index up to date: the next start is quicker by that.
    mutating func finish(_ logger: Logger) {
        guard isPoisoned == nil else { return }
        do {
            try store.index.flush()
        } catch {
            // Nothing is lost: the index reads the log from its checkpoint on at the next start.
            logger.warning("the index was not written", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Writing

    private mutating func commit() {
        defer {
            batch = Batch(start: store.log.headPosition)
            decided.removeAll(keepingCapacity: true)
        }
        do throws(EventStoreError) {
            if !batch.records.isEmpty {
                try store.keyring.save()
                try store.log.append(batch.records, after: batch.start)
            }
        } catch {
            return refuseBatch(error)
        }
        // Durable: from here on everything is told, whatever happens to the index.
        let entries = batch.entries
        let indexed = Result { try store.index.add(entries) }
        for (group, outcomes) in decided { group.answer(outcomes) }
        if case .failure(let error) = indexed {
            isPoisoned = EventStoreError(
                .poisoned,
                "The index could not be written. The log is whole; free room or repair the disk, and start again.",
                cause: error)
        }
    }

    /// Nothing of the batch is known to be durable: accepted commands fail, refusals stand.
    private mutating func refuseBatch(_ error: EventStoreError) {
        store.keyring.discardUnsaved()
        books = WorkingBooks(log: store.log, index: store.index, codec: store.codec)
        if error.code != .diskFull { isPoisoned = error }
        var restsOnTheBatch = false
        for (group, outcomes) in decided {
            group.answer(
                outcomes.map { outcome in
                    if case .accepted(let receipt) = outcome {
                        guard receipt.position > batch.start else { return outcome }
                        restsOnTheBatch = true
                    }
                    return restsOnTheBatch ? .failed(error) : outcome
                })
        }
    }

    // MARK: Deciding

    private mutating func outcome(of submission: Submission) -> Outcome {
        do {
            let fingerprint = fingerprint(of: submission.command)
            let digest = KeyDigest(submission.key)
            if let known = try answerToKnownKey(submission, digest, fingerprint) { return known }
            if let expected = submission.expectedVersion {
                let subject = submission.command.subject
                let actual = try subject.map { try books.head(of: $0).version } ?? .none
                guard actual == expected else {
                    return .versionMismatch(subject ?? StreamName(.cart, submission.freshID), actual: actual)
                }
            }
            return .accepted(try decide(submission, digest, fingerprint))
        } catch let refusal as Refusal {
            return .refused(refusal)
        } catch let error as EventStoreError {
            return .failed(error)
        } catch {
            return .failed(
                EventStoreError(
                    .corrupt, "The command could not be decided, because the store could not be read.", cause: error))
        }
    }

    private func answerToKnownKey(_ submission: Submission, _ digest: KeyDigest, _ fingerprint: UInt64) throws
        -> Outcome?
    {
        if let known = batch.accepted[digest] {
            guard known.key == submission.key, known.fingerprint == fingerprint else {
                return .keyReused(known.receipt.events[0].position)
            }
            return .accepted(known.receipt.repeated)
        }
        guard let position = try store.index.position(of: digest) else { return nil }
        guard let first = try store.log.record(at: position) else {
            throw EventStoreError.corrupt(position, "it is missing, though the index names it")
        }
        guard first.key == submission.key, first.fingerprint == fingerprint else { return .keyReused(position) }
        let records = try store.log.read(after: Position(rawValue: position.rawValue - 1), limit: first.count)
        let events = try records.map { StreamEvent($0.stream, try store.codec.event(of: $0)) }
        return .accepted(
            Receipt(
                events: records.map {
                    Receipt.Entry(position: $0.position, stream: $0.stream, version: $0.version, type: $0.type)
                },
                result: submission.command.result(of: events), subject: submission.command.subject, isRepeated: true))
    }

    private mutating func decide(_ submission: Submission, _ digest: KeyDigest, _ fingerprint: UInt64) throws -> Receipt
    {
        let now = Timestamp.now
        let moment = Moment(now: now, effectiveAt: submission.effectiveAt, freshID: submission.freshID)
        let events = try submission.command.decide(books, moment)
        precondition(!events.isEmpty, "an accepted command has events; its key would be lost without")
        var heads: [StreamName: StreamHead] = [:]
        var encoded: [(bytes: [UInt8], entry: IndexEntry)] = []
        var entries: [Receipt.Entry] = []
        for (ordinal, event) in events.enumerated() {
            let position = batch.nextPosition.advanced(by: ordinal)
            let before = try heads[event.stream] ?? books.head(of: event.stream)
            let (type, payload) = try store.codec.encode(event)
            let record = Record(
                position: position, stream: event.stream, version: Version(rawValue: before.version.rawValue + 1),
                type: type,
                recordedAt: now, effectiveAt: moment.effectiveAt, actor: submission.actor, key: submission.key,
                ordinal: ordinal, count: events.count, fingerprint: fingerprint, correlation: submission.correlation,
                previous: before.position, payload: payload)
            let bytes = record.encoded()
            guard bytes.count <= Record.bytesMax else { throw Refusal.recordTooLarge(bytes.count) }
            heads[event.stream] = StreamHead(position: position, version: record.version)
            let entry = IndexEntry(
                stream: event.stream, position: position, version: record.version, key: ordinal == 0 ? digest : nil,
                checksum: bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self).littleEndian })
            encoded.append((bytes, entry))
            entries.append(Receipt.Entry(position: position, stream: event.stream, version: record.version, type: type))
        }
        for (event, entry) in zip(events, entries) {
            books.apply(event, at: StreamHead(position: entry.position, version: entry.version))
        }
        batch.append(encoded)
        let receipt = Receipt(
            events: entries, result: submission.command.result(of: events), subject: submission.command.subject,
            isRepeated: false)
        batch.accepted[digest] = (submission.key, fingerprint, receipt)
        return receipt
    }
}

extension Receipt {
    fileprivate var repeated: Receipt {
        Receipt(events: events, result: result, subject: shown, isRepeated: true)
    }
}

extension Refusal {
    fileprivate static func recordTooLarge(_ bytes: Int) -> Refusal {
        Refusal(
            .recordTooLarge,
            "One event of the command would have \(bytes) bytes; \(Record.bytesMax) is the most. Split the command.")
    }
}

extension Timestamp {
    /// The system's clock.
    package static var now: Timestamp {
        var clock = timespec()
        clock_gettime(CLOCK_REALTIME, &clock)
        return Timestamp(microseconds: Int64(clock.tv_sec) * 1_000_000 + Int64(clock.tv_nsec) / 1_000)
    }
}
