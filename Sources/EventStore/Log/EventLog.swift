import LMDB
package import Ledger
import Synchronization

/// The log: every record at its position, durable when `append` returns, never rewritten.
///
/// Any number of threads and processes read; one Writer appends. Every read verifies the record's checksum.
package final class EventLog: Sendable {
    private let environment: Environment
    private let records: Database
    /// The newest durable position as this process knows it.
    package let head: Watermark

    /// - Throws: `EventStoreError.directory` where the files can't be opened.
    init(directory: String, readOnly: Bool, bytesMax: Int = 256 << 30) throws(EventStoreError) {
        do {
            var options = Environment.Options()
            options.readOnly = readOnly
            options.databasesMax = 4
            options.mapSizeBytes = bytesMax
            environment = try Environment(directory: directory, options: options)
            let records = try environment.database(
                named: "records", options: readOnly ? [.integerKey] : [.integerKey, .create])
            self.records = records
            head = Watermark(try environment.read { try $0.lastKey(records) ?? 0 })
        } catch {
            throw EventStoreError(
                .directory,
                "The log in \(directory) can't be opened. Check that it is a Daybook log and may be read\(readOnly ? "" : " and written").",
                cause: error)
        }
    }

    /// The newest durable position, asked anew: another process may have appended.
    @discardableResult
    package func refreshHead() throws -> Position {
        let last = try environment.read { try $0.lastKey(records) ?? 0 }
        head.advance(to: last)
        return Position(rawValue: last)
    }

    package var headPosition: Position { Position(rawValue: head.value) }

    /// Appends encoded records behind `position` in one durable transaction, in order.
    ///
    /// - Throws: `EventStoreError` with `conflict` where the log's head is not `position`, `diskFull` where there is no
    ///   room: in both cases nothing was written and the log is sound. `poisoned` for everything else: whether
    ///   the records are durable is then unknown until the log is opened again.
    func append(_ encoded: [[UInt8]], after position: Position) throws(EventStoreError) {
        do {
            try environment.write { transaction in
                let last = try transaction.lastKey(records) ?? 0
                guard last == position.rawValue else {
                    throw EventStoreError(
                        .conflict,
                        "The log ends at position \(last), not at \(position): another process appended to it.")
                }
                for (offset, bytes) in encoded.enumerated() {
                    try transaction.append(records, key: position.advanced(by: offset + 1).rawValue, value: bytes)
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
        head.advance(to: position.advanced(by: encoded.count).rawValue)
    }

    /// Reads up to `limit` records behind `position`, in order. Returns fewer only at the end of the log.
    package func read(after position: Position, limit: Int) throws -> [Record] {
        guard position.rawValue < .max else { return [] }
        var found: [Record] = []
        found.reserveCapacity(min(limit, 65_536))
        try environment.read { transaction in
            _ = try transaction.scan(records, from: position.rawValue + 1, limit: limit) { key, bytes in
                let expected = position.advanced(by: found.count + 1)
                guard key == expected.rawValue else { throw EventStoreError.corrupt(expected, "it is missing") }
                found.append(try Record.decode(bytes, at: expected))
                return true
            }
        }
        return found
    }

    /// Looks at up to `limit` records behind `position`, in order, and reads those of the kinds of streams wanted.
    /// Every record's checksum is verified, read or passed by.
    package func read(
        after position: Position, limit: Int, of categories: Set<Category>
    ) throws -> (records: [Record], through: Position) {
        guard position.rawValue < .max else { return ([], position) }
        var found: [Record] = []
        var through = position
        try environment.read { transaction in
            _ = try transaction.scan(records, from: position.rawValue + 1, limit: limit) { key, bytes in
                through = through.advanced(by: 1)
                guard key == through.rawValue else { throw EventStoreError.corrupt(through, "it is missing") }
                if let record = try Record.decode(bytes, at: through, of: categories) { found.append(record) }
                return true
            }
        }
        return (found, through)
    }

    /// The record at a position; nil behind the head.
    package func record(at position: Position) throws -> Record? {
        try environment.read { transaction in
            try transaction.get(records, key: position.rawValue) { bytes in try Record.decode(bytes, at: position) }
        }
    }

    /// The records of a stream from its newest backwards, until `body` returns false.
    package func readBackwards(from head: StreamHead, _ body: (Record) throws -> Bool) throws {
        try environment.read { transaction in
            var position = head.position
            while position != .start {
                let record = try transaction.get(records, key: position.rawValue) { bytes in
                    try Record.decode(bytes, at: position)
                }
                guard let record else { throw EventStoreError.corrupt(position, "it is missing") }
                guard try body(record) else { return }
                position = record.previous
            }
        }
    }

    /// The size of the log's file.
    package var sizeOnDiskBytes: Int {
        get throws { try environment.sizeOnDiskBytes }
    }
}

extension EventStoreError {
    static func diskFull(cause: any Error) -> EventStoreError {
        EventStoreError(
            .diskFull,
            "There is no room on the disk of the log. Nothing was written. Make room and send the command again.",
            cause: cause)
    }
}
