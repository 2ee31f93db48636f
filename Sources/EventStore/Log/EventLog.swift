package import Ledger
import Synchronization

/// The log: every record at its position, durable when `append` returns, never rewritten.
///
/// Any number of threads and processes read; one Writer appends. Every read verifies the record's checksum.
package final class EventLog: Sendable {
    private let records: any RecordStore
    /// The newest durable position as this process knows it.
    package let head: Watermark

    init(_ records: any RecordStore) throws {
        self.records = records
        head = Watermark(try records.lastPosition())
    }

    /// The newest durable position, asked anew: another process may have appended.
    @discardableResult
    package func refreshHead() throws -> Position {
        let last = try records.lastPosition()
        head.advance(to: last)
        return Position(rawValue: last)
    }

    package var headPosition: Position { Position(rawValue: head.value) }

    /// Appends encoded records behind `position` in one durable transaction, in order.
    ///
    /// - Throws: `EventStoreError` with `conflict` where the log's head is not `position`, `diskFull` where there is no
    ///   room: in both cases nothing was written and the log is sound. `poisoned` for everything else: whether
    ///   the records are durable is then unknown until the log is opened again.
    func append(_ encoded: RecordBuffer, after position: Position) throws(EventStoreError) {
        try records.append(encoded, after: position)
        head.advance(to: position.advanced(by: encoded.count).rawValue)
    }

    /// Where others append, too, waits for this one's turn: see `RecordStore.beginTurn`. What was taken in is announced by
    /// `refreshHead`, when the index has it.
    func beginTurn() throws(EventStoreError) { try records.beginTurn() }

    /// Ends a turn in which nothing was appended.
    func endTurn() { records.endTurn() }

    /// Reads up to `limit` records behind `position`, in order. Returns fewer only at the end of the log.
    package func read(after position: Position, limit: Int) throws -> [Record] {
        guard position.rawValue < .max else { return [] }
        var found: [Record] = []
        found.reserveCapacity(min(limit, 65_536))
        try scan(after: position, limit: limit) { found.append(try Record.decode($0, at: $1)) }
        return found
    }

    /// Reads as `read(after:limit:)` does, and the bytes of each record with it.
    package func readEncoded(after position: Position, limit: Int) throws -> [(record: Record, bytes: [UInt8])] {
        var found: [(record: Record, bytes: [UInt8])] = []
        try scan(after: position, limit: limit) { bytes, place in
            found.append((try Record.decode(bytes, at: place), bytes.withUnsafeBytes { Array($0) }))
        }
        return found
    }

    /// Lends those of up to `limit` records behind `position` that are of the kinds of streams wanted, in order, and returns how
    /// far it came. Every record's checksum is verified, read or passed by.
    package func read(
        after position: Position, limit: Int, of categories: Set<Category>, _ body: (Record) throws -> Void
    ) throws -> Position {
        guard position.rawValue < .max else { return position }
        return try scan(after: position, limit: limit) { bytes, place in
            if let record = try Record.decode(bytes, at: place, of: categories) { try body(record) }
        }
    }

    /// Lends the stock events among up to `limit` records behind `position`, in order, with their SKUs, and returns how far
    /// it came. Every record's checksum is verified.
    package func readStock(
        after position: Position, limit: Int, _ body: (_ sku: String, StockItem.Event) throws -> Void
    ) throws -> Position {
        try scan(after: position, limit: limit) { bytes, place in
            if let (sku, event) = try Record.stockEvent(bytes, at: place) { try body(sku, event) }
        }
    }

    /// Lends the bytes of up to `limit` records behind `position`, in order, and returns how far it came.
    ///
    /// - Throws: `EventStoreError.corrupt` where one is missing, and what `body` throws.
    @discardableResult
    func scan(after position: Position, limit: Int, _ body: (RawSpan, Position) throws -> Void) throws -> Position {
        var through = position
        try records.scan(from: position.rawValue + 1, limit: limit) { key, bytes in
            through = through.advanced(by: 1)
            guard key == through.rawValue else { throw EventStoreError.corrupt(through, "it is missing") }
            try body(bytes, through)
            return true
        }
        return through
    }

    /// The record at a position; nil behind the head.
    package func record(at position: Position) throws -> Record? {
        guard position != .start else { return nil }
        var found: Record?
        try records.follow(from: position.rawValue) { bytes in
            if let bytes { found = try Record.decode(bytes, at: position) }
            return nil
        }
        return found
    }

    /// Up to where the log had come by a time: the position before the first event recorded later. Where the machine's clock was
    /// set back the log passed some times twice, and either may be meant.
    package func lastPosition(recordedBy time: Timestamp) throws -> Position {
        var (earlier, later) = (Position.start, headPosition.advanced(by: 1))
        while earlier.advanced(by: 1) < later {
            let middle = earlier.advanced(by: Int((later.rawValue - earlier.rawValue) / 2))
            guard let record = try record(at: middle) else { throw EventStoreError.corrupt(middle, "it is missing") }
            if record.recordedAt <= time { earlier = middle } else { later = middle }
        }
        return earlier
    }

    /// The records of a stream from its newest backwards, until `body` returns false.
    package func readBackwards(from head: StreamHead, _ body: (Record) throws -> Bool) throws {
        guard head.position != .start else { return }
        var position = head.position
        try records.follow(from: position.rawValue) { bytes in
            guard let bytes else { throw EventStoreError.corrupt(position, "it is missing") }
            let record = try Record.decode(bytes, at: position)
            guard try body(record), record.previous != .start else { return nil }
            position = record.previous
            return position.rawValue
        }
    }

    /// The size of the log's file.
    package var sizeOnDiskBytes: Int {
        get throws { try records.sizeOnDiskBytes }
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
