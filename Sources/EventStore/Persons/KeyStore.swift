import LMDB

/// Where the keys of persons lie: the disk, as the keyring needs it.
protocol KeyStore: Sendable {
    func get(_ key: [UInt8]) throws -> [UInt8]?
    /// All or none, durable when it returns.
    func put(_ entries: [(key: [UInt8], value: [UInt8])]) throws(EventStoreError)
}

struct LMDBKeys: KeyStore {
    private let environment: Environment
    private let keys: Database

    /// - Throws: `EventStoreError.directory` where the files can't be opened.
    init(directory: String, readOnly: Bool) throws(EventStoreError) {
        var options = Environment.Options()
        options.readOnly = readOnly
        options.mapSizeBytes = 16 << 30
        do throws(LMDBError) {
            environment = try Environment(directory: directory, options: options)
            keys = try environment.database(named: "persons", options: readOnly ? [] : [.create])
        } catch {
            throw EventStoreError(
                .directory,
                "The keys of persons in \(directory) can't be opened. Check owner and permissions; where they are damaged, restore them from the same copy as the log.",
                cause: error)
        }
    }

    func get(_ key: [UInt8]) throws -> [UInt8]? { try environment.read { try $0.get(keys, key: key) } }

    func put(_ entries: [(key: [UInt8], value: [UInt8])]) throws(EventStoreError) {
        do {
            try environment.write { transaction in
                for (key, value) in entries { try transaction.put(keys, key: key, value: value) }
            }
        } catch let error as LMDBError where error.isDiskFull {
            throw .diskFull(cause: error)
        } catch let error as CommitFailed where error.outcome == .diskFull {
            throw .diskFull(cause: error)
        } catch {
            throw EventStoreError(
                .poisoned, "Writing the keys of persons failed. The process must stop; start it again.", cause: error)
        }
    }
}
