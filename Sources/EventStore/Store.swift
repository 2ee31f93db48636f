import Foundation
import LMDB
package import Logging

/// A data directory opened: one shop's log, its index and its persons' keys. Several stores live in one process
/// without knowing of each other.
package struct Store: Sendable {
    package enum Access: Sendable {
        /// For the one process that writes; a second one is refused.
        case readWrite
        /// Beside a process that writes, or alone. The directory must exist.
        case readOnly
    }

    package let directory: String
    package let log: EventLog
    package let index: LogIndex
    private let snapshots: Snapshots
    package let keyring: Keyring
    package let events: StoredEvents
    /// The log as others append to it, too; nil where it is this directory's alone.
    let shared: PostgresRecords?
    private let lock: DirectoryLock?

    /// Opens the store, creating what is missing when it may write. The index catches up with the log.
    ///
    /// - Parameters:
    ///   - logBytesMax: the most that the log may grow to. One that is larger already is opened whole.
    ///   - postgresURL: where the log is, if several machines append to it; this directory then holds a copy.
    /// - Throws: `EventStoreError.directory` where the directory can't be used or another process writes to it;
    ///   `corrupt` where a record that is read is damaged.
    package init(
        directory: String, access: Access, logBytesMax: Int = 256 << 30, postgresURL: String? = nil,
        logger: Logger = Logger(label: "daybook")
    ) throws {
        self.directory = directory
        let readOnly = access == .readOnly
        if readOnly {
            try Self.requireData(in: directory)
            lock = nil
        } else {
            try Self.refuseSuperseded(directory)
            try Self.createDirectories(directory)
            lock = try DirectoryLock(directory: directory, use: "writes to the data directory")
            // Not before: the migration that wrote it has the lock.
            try SupersededMark(of: directory).removeWhereMeaningless()
        }
        if postgresURL != nil { try CopyMark(of: directory).begin() }
        let records = try LMDBRecords(
            directory: directory + "/log", readOnly: readOnly, bytesMax: logBytesMax, syncs: postgresURL == nil)
        keyring = Keyring(try LMDBKeys(directory: directory + "/keys", readOnly: readOnly))
        events = StoredEvents(keyring: keyring)
        shared = try postgresURL.map { [events] in try PostgresRecords(local: records, events: events, url: $0) }
        log = try EventLog(shared ?? records)
        let files = DirectoryFiles(directory: directory + "/index")
        index = try LogIndex(files: files, log: log, readOnly: readOnly, logger: logger)
        snapshots = Snapshots(files: files, digestKey: index.digestKey)
    }

    /// Starts the store's Writer. At most one at a time.
    ///
    /// - Parameter replicator: of this store; in its mode `sync` commands are answered when the copy has them.
    package func startWriter(
        _ options: Writer.Options = Writer.Options(), replicator: Replicator? = nil, logger: Logger
    ) -> Writer {
        Writer(
            store: WriterStore(
                log: log, index: index, snapshots: snapshots, keyring: keyring, codec: events, lock: lock,
                progress: WriterProgress(indexed: log.headPosition, runsBeside: true),
                takesTurns: shared != nil, replicator: replicator),
            options: options, logger: logger)
    }

    /// To be called when nothing is appended any more: a copy of a shared log need not be had from Postgres again, should
    /// the machine be started anew.
    package func settle() throws {
        guard let shared else { return }
        try shared.sync()
        try CopyMark(of: directory).settle()
    }

    /// Throws `EventStoreError.directory` where the directory was opened as a copy of a shared log, and now is not: what is
    /// appended to a copy alone would be lost to all others.
    package func requireOwnLog() throws(EventStoreError) {
        let mark = CopyMark(of: directory)
        guard shared == nil, mark.isThere else { return }
        throw EventStoreError(
            .directory,
            "\(directory) holds a copy of a log in Postgres. If it stood by for another machine, start it with --standby; if several machines append to that log, name it with --log or DAYBOOK_LOG. If this copy is to be a log of its own from now on, delete \(mark.path)."
        )
    }

    /// Where the read models are kept.
    package var readModelsDirectory: String { directory + "/read" }

    static func requireData(in directory: String) throws(EventStoreError) {
        guard FileManager.default.fileExists(atPath: directory + "/log/data.mdb") else {
            throw EventStoreError(
                .directory,
                "There is no Daybook data in \(directory). Check --data, or start daybook serve there first.")
        }
    }

    private static func createDirectories(_ directory: String) throws(EventStoreError) {
        do {
            for part in ["log", "index", "keys", "read"] {
                try FileManager.default.createDirectory(
                    atPath: directory + "/" + part, withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700])
            }
        } catch {
            throw EventStoreError(
                .directory, "The data directory \(directory) can't be created. Check the path and its permissions.",
                cause: error)
        }
    }
}
