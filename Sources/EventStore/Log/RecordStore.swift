import LMDB

/// Where the records of a log lie: the disk, as the log needs it. A test may take its place, to fail, lose or tear what
/// was written.
protocol RecordStore: Sendable {
    /// The newest position; 0 where there is none.
    func lastPosition() throws -> UInt64
    /// Appends all records of the buffer behind `position`, durably and all or none.
    ///
    /// - Throws: as `EventLog.append`.
    func append(_ records: RecordBuffer, after position: Position) throws(EventStoreError)
    /// Lends up to `limit` records from a position on, in order, until `body` returns false.
    func scan(from position: UInt64, limit: Int, _ body: (UInt64, RawSpan) throws -> Bool) throws
    /// Lends records by their positions, all of one state of the log, until `next` names none. A position without a record is
    /// lent as nil.
    func follow(from position: UInt64, _ next: (RawSpan?) throws -> UInt64?) throws
    var sizeOnDiskBytes: Int { get throws }

    /// Where others append, too: waits until nobody else can, and brings in what they appended. The turn ends with `append`
    /// or `endTurn`.
    func beginTurn() throws(EventStoreError)
    func endTurn()
}

extension RecordStore {
    /// For what one process alone appends to.
    func beginTurn() {}
    func endTurn() {}
}

/// Records in LMDB: one database with the positions as keys, written in sequence alone.
struct LMDBRecords: RecordStore {
    private let environment: Environment
    private let records: Database
    /// Whoever wants more records than this goes through the log, and comes back to none of them.
    private static let lookedThroughMax = 8_192

    /// - Throws: `EventStoreError.directory` where the files can't be opened.
    ///
    /// - Parameter syncs: whether records are durable when they were appended, or when `sync` returned.
    init(
        directory: String, readOnly: Bool, bytesMax: Int = 256 << 30, syncs: Bool = true
    ) throws(EventStoreError) {
        do {
            var options = Environment.Options()
            options.readOnly = readOnly
            options.databasesMax = 4
            options.mapSizeBytes = bytesMax
            options.syncs = syncs
            environment = try Environment(directory: directory, options: options)
            records = try environment.database(
                named: "records", options: readOnly ? [.integerKey] : [.integerKey, .create])
        } catch {
            throw EventStoreError(
                .directory,
                "The log in \(directory) can't be opened. Check that it is a Daybook log and may be read\(readOnly ? "" : " and written").",
                cause: error)
        }
    }

    func sync() throws { try environment.sync() }

    func lastPosition() throws -> UInt64 { try environment.read { try $0.lastKey(records) ?? 0 } }

    func append(_ buffer: RecordBuffer, after position: Position) throws(EventStoreError) {
        do {
            try environment.write { transaction in
                let last = try transaction.lastKey(records) ?? 0
                guard last == position.rawValue else {
                    throw EventStoreError(
                        .conflict,
                        "The log ends at position \(last), not at \(position): another process appended to it.")
                }
                try buffer.withBytes { bytes in
                    let ends = buffer.ends
                    try transaction.append(
                        records, firstKey: position.rawValue + 1, values: RawSpan(_unsafeBytes: bytes),
                        ends: ends.span)
                }
            }
        } catch let error as EventStoreError {
            throw error
        } catch let error as LMDBError where error.isDiskFull || error == .mapFull {
            throw .diskFull(cause: error)
        } catch let error as CommitFailed where error.outcome == .diskFull {
            throw .diskFull(cause: error)
        } catch {
            throw EventStoreError(
                .poisoned,
                "Writing records after position \(position) failed, and what is on the disk is unknown. The process must stop; start it again and it reads what is there.",
                cause: error)
        }
    }

    func scan(from position: UInt64, limit: Int, _ body: (UInt64, RawSpan) throws -> Bool) throws {
        try environment.read { transaction in
            var passed = MappedStretch()
            defer { if limit > Self.lookedThroughMax { passed.letGo() } }
            try transaction.scan(records, from: position, limit: limit) { key, bytes in
                passed.add(bytes)
                return try body(key, bytes)
            }
        }
    }

    func follow(from position: UInt64, _ next: (RawSpan?) throws -> UInt64?) throws {
        try environment.read { transaction in
            var following: UInt64? = position
            while let position = following {
                var isThere = false
                let found = try transaction.get(records, key: position) { bytes in
                    isThere = true
                    return try next(bytes)
                }
                following = isThere ? found ?? nil : try next(nil)
            }
        }
    }

    var sizeOnDiskBytes: Int {
        get throws { try environment.sizeOnDiskBytes }
    }
}
