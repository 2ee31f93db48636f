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
    private let lock: DirectoryLock?

    /// Opens the store, creating what is missing when it may write. The index catches up with the log.
    ///
    /// - Parameter logBytesMax: the most that the log may grow to. One that is larger already is opened whole.
    /// - Throws: `EventStoreError.directory` where the directory can't be used or another process writes to it;
    ///   `corrupt` where a record that is read is damaged.
    package init(
        directory: String, access: Access, logBytesMax: Int = 256 << 30, logger: Logger = Logger(label: "daybook")
    ) throws {
        self.directory = directory
        let readOnly = access == .readOnly
        if readOnly {
            guard FileManager.default.fileExists(atPath: directory + "/log/data.mdb") else {
                throw EventStoreError(
                    .directory,
                    "There is no Daybook data in \(directory). Check --data, or start daybook serve there first.")
            }
            lock = nil
        } else {
            try Self.createDirectories(directory)
            lock = try DirectoryLock(directory: directory, use: "writes to the data directory")
        }
        log = try EventLog(try LMDBRecords(directory: directory + "/log", readOnly: readOnly, bytesMax: logBytesMax))
        keyring = Keyring(try LMDBKeys(directory: directory + "/keys", readOnly: readOnly))
        events = StoredEvents(keyring: keyring)
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
                progress: WriterProgress(indexed: log.headPosition, runsBeside: true), replicator: replicator),
            options: options, logger: logger)
    }

    /// Where the read models are kept.
    package var readModelsDirectory: String { directory + "/read" }

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
