import Foundation
import Logging
import Synchronization

/// Writes batches in their turn, and answers them when they are durable.
struct Committer: Sendable {
    private let store: WriterStore
    private let turns: CommitTurns
    private let logger: Logger
    /// Told the fault after which nothing more may be written, before anybody is answered with it.
    private let fail: @Sendable (EventStoreError) -> Void

    init(
        store: WriterStore, turns: CommitTurns, logger: Logger, fail: @escaping @Sendable (EventStoreError) -> Void
    ) {
        self.store = store
        self.turns = turns
        self.logger = logger
        self.fail = fail
    }

    /// Blocks until the batches before it have had their turn.
    func commit(_ batch: Batch) {
        if let lost = turns.wait(for: batch.number) {
            store.log.endTurn()
            turns.finish(batch.number, lost)
            return batch.refuse(lost, restsOnLost: true)
        }
        do throws(EventStoreError) {
            if batch.records.count > 0 {
                try store.keyring.save()
                try store.log.append(batch.records, after: batch.start)
            } else {
                store.log.endTurn()
            }
        } catch {
            if ![.diskFull, .logAway].contains(error.code) { fail(error) }
            store.log.endTurn()
            turns.finish(batch.number, error)
            return batch.refuse(error, restsOnLost: false)
        }
        index(batch)
        turns.finish(batch.number, nil)
        answer(batch)
        saveSnapshots(of: batch)
    }

    /// At once, or when the copy has everything that the answers tell of: what was known before included.
    private func answer(_ batch: Batch) {
        guard let replicator = store.replicator else { return batch.answer() }
        replicator.whenAcknowledged(batch.end) { refusal in
            if let refusal { batch.fail(refusal) } else { batch.answer() }
        }
    }

    /// The batch is durable and will be answered, whatever happens to the index: that can be had from the log again.
    private func index(_ batch: Batch) {
        do {
            try store.index.add(batch.entries)
            store.progress.advance(to: batch.end)
        } catch {
            fail(
                EventStoreError(
                    .poisoned,
                    "The index could not be written. The log is whole; repair the disk, and start again.",
                    cause: error))
        }
    }

    private func saveSnapshots(of batch: Batch) {
        guard !batch.snapshots.isEmpty else { return }
        // Not the whole store, for that would hold the directory's lock.
        store.progress.besideTheWriter { [snapshots = store.snapshots, log = store.log, logger] in
            for snapshot in batch.snapshots {
                do {
                    try snapshot.save(snapshots, log)
                } catch {
                    logger.warning("a snapshot was not written", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
