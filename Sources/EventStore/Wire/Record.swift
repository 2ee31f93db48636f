package import Ledger

/// One event as it is stored.
package struct Record: Equatable, Sendable {
    /// The most that a record's bytes may be.
    package static let bytesMax = 65_535

    package let position: Position
    package let stream: StreamName
    package let version: Version
    /// Of the payload, as it was when it was written.
    package let storedType: EventType
    /// When it was written down.
    package let recordedAt: Timestamp
    /// When it happened.
    package let effectiveAt: Timestamp
    /// Who did it.
    package let actor: String
    /// The key of the command that did it, and the event's place among that command's events.
    package let key: String
    package let ordinal: Int
    package let count: Int
    /// Of the command; only the first of its events has it.
    package let fingerprint: UInt64
    /// What it belongs to, in the words of the caller: a request, an import. Empty for nothing.
    package let correlation: String
    /// The event before it in the same stream; `.start` where it is the first.
    package let previous: Position
    package let payload: [UInt8]
    /// Of the bytes.
    package internal(set) var checksum: UInt32 = 0

    /// As which its event is read: see `Upcaster`.
    package var type: EventType { storedType.current }
}

// The format, version 1. All integers little-endian; "varint" as in protobuf (base 128, LEB128), "text" a varint
// of its length in bytes and then UTF-8.
//
//      4 bytes   CRC-32C of everything behind it
//      1 byte    1, the version of this format
//      varint    type
//      varint    position
//      1 byte    category of the stream
//      text      id of the stream
//      varint    version in the stream
//      varint    position - previous position of the stream, 0 where there is none
//      8 bytes   recorded, microseconds since 1970-01-01T00:00:00Z
//      varint    effective - recorded, zigzag
//      text      actor
//      text      key of the command
//      varint    ordinal of the event in the command, from 0
//      varint    count of the command's events
//      8 bytes   fingerprint of the command, only where ordinal is 0
//      text      correlation
//      rest      payload, protobuf
extension Record {
    static let format: UInt8 = 1

    /// The bytes that are stored, checksum included.
    package func encoded() -> [UInt8] {
        let buffer = RecordBuffer()
        buffer.append(self) { $0.raw(payload) }
        return buffer.withBytes { Array($0) }
    }

    /// - Parameter position: where the bytes were found, to name it, and to find a record in another's place.
    /// - Throws: `EventStoreError.corrupt` where the checksum or any field is impossible.
    static func decode(_ bytes: RawSpan, at position: Position) throws(EventStoreError) -> Record {
        guard let record = try decode(bytes, at: position, of: nil) else {
            preconditionFailure("every record is of some category")
        }
        return record
    }

    /// As above; nil where the record is whole, but of a kind of stream that is not wanted.
    static func decode(
        _ bytes: RawSpan, at position: Position, of categories: Set<Category>?
    ) throws(EventStoreError) -> Record? {
        try bytes.withUnsafeBytes { bytes throws(EventStoreError) in
            var reader = RecordReader(bytes: bytes, index: 4)
            let head = try checked(&reader, at: position)
            if let categories, !categories.contains(head.type.category) { return nil }
            guard let record = reader.record(head) else { throw .corrupt(position, "its fields are impossible") }
            return record
        }
    }

    /// Of what kind a record is, as it was stored, and its checksum, which was found right.
    static func kind(
        _ bytes: RawSpan, at position: Position
    ) throws(EventStoreError) -> (storedType: EventType, checksum: UInt32) {
        try bytes.withUnsafeBytes { bytes throws(EventStoreError) in
            var reader = RecordReader(bytes: bytes, index: 4)
            let head = try checked(&reader, at: position)
            return (head.type, bytes.loadUnaligned(as: UInt32.self).littleEndian)
        }
    }

    /// The position that the bytes say they are of; nil where they are no record. Nothing else of them is checked.
    static func claimedPosition(_ bytes: [UInt8]) -> Position? {
        bytes.withUnsafeBytes { bytes in
            var reader = RecordReader(bytes: bytes, index: 4)
            return bytes.count > 5 ? reader.head(format: format)?.position : nil
        }
    }

    /// The stock event of a record and the SKU it is of, without the rest of the record; nil where it is none.
    static func stockEvent(
        _ bytes: RawSpan, at position: Position
    ) throws(EventStoreError) -> (sku: String, event: StockItem.Event)? {
        try bytes.withUnsafeBytes { bytes throws(EventStoreError) in
            var reader = RecordReader(bytes: bytes, index: 4)
            let head = try checked(&reader, at: position)
            guard head.type.category == .stock else { return nil }
            guard let sku = reader.streamAndPass(), let event = stockEvent(head.type, reader.rest) else {
                throw .corrupt(position, "its fields are impossible")
            }
            return (sku, event)
        }
    }

    private static func stockEvent(_ type: EventType, _ payload: UnsafeRawBufferPointer) -> StockItem.Event? {
        guard type.isRetired else { return StockEventWire.event(type, payload) }
        guard let (current, upcast) = try? Upcasters.standard.current(type, Array(payload)) else { return nil }
        return upcast.withUnsafeBytes { StockEventWire.event(current, $0) }
    }

    /// What the record begins with, once its checksum was found right.
    private static func checked(
        _ reader: inout RecordReader, at position: Position
    ) throws(EventStoreError) -> (type: EventType, position: Position) {
        let bytes = reader.bytes
        // A damaged length may reach beyond the end of the file, where reading ends the process.
        guard bytes.count <= bytesMax else { throw .corrupt(position, "it is longer than any record can be") }
        guard bytes.count > 5,
            bytes.loadUnaligned(as: UInt32.self).littleEndian == CRC32C.checksum(.init(rebasing: bytes[4...]))
        else { throw .corrupt(position, "its checksum does not match") }
        guard let head = reader.head(format: format) else { throw .corrupt(position, "its fields are impossible") }
        guard head.position == position else {
            throw .corrupt(position, "it says that it is record \(head.position)")
        }
        return head
    }
}

extension EventStoreError {
    static func corrupt(_ position: Position, _ why: String) -> EventStoreError {
        EventStoreError(
            .corrupt,
            "The record at position \(position) is damaged: \(why). Nothing was read from it. Run daybook verify, then restore the log from a copy."
        )
    }
}

private struct RecordReader {
    let bytes: UnsafeRawBufferPointer
    var index: Int

    mutating func head(format: UInt8) -> (type: EventType, position: Position)? {
        guard byte() == format, let number = varint(), let type = UInt16(exactly: number).flatMap(EventType.init),
            let position = varint(), byte() == type.category.rawValue
        else { return nil }
        return (type, Position(rawValue: position))
    }

    mutating func record(_ head: (type: EventType, position: Position)) -> Record? {
        let position = head.position.rawValue
        guard let id = text(), let version = varint(), let step = varint(), step == 0 || step < position,
            let recorded = fixed(), let delay = varint(), let actor = text(), let key = text(),
            let ordinal = varint(), let count = varint(), ordinal < count, let count = Int(exactly: count),
            let fingerprint = ordinal == 0 ? fixed() : 0, let correlation = text()
        else { return nil }
        let recordedAt = Int64(bitPattern: recorded)
        let effectiveAt = recordedAt &+ (Int64(bitPattern: delay >> 1) ^ -Int64(bitPattern: delay & 1))
        return Record(
            position: head.position, stream: StreamName(head.type.category, id), version: Version(rawValue: version),
            storedType: head.type, recordedAt: Timestamp(microseconds: recordedAt),
            effectiveAt: Timestamp(microseconds: effectiveAt),
            actor: actor, key: key, ordinal: Int(ordinal), count: count, fingerprint: fingerprint,
            correlation: correlation, previous: step == 0 ? .start : Position(rawValue: position - step),
            payload: Array(bytes[index...]), checksum: bytes.loadUnaligned(as: UInt32.self).littleEndian)
    }

    /// Behind all that was read.
    var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[index...]) }

    /// The stream's id; everything between it and the payload is passed by.
    mutating func streamAndPass() -> String? {
        guard let id = text(), varint() != nil, varint() != nil, fixed() != nil, varint() != nil, passText(),
            passText(), let ordinal = varint(), varint() != nil, ordinal != 0 || fixed() != nil, passText()
        else { return nil }
        return id
    }

    private mutating func passText() -> Bool {
        guard let length = varint(), length <= UInt64(bytes.count - index) else { return false }
        index += Int(length)
        return true
    }

    private mutating func byte() -> UInt8? {
        guard index < bytes.count else { return nil }
        defer { index += 1 }
        return bytes[index]
    }

    private mutating func fixed() -> UInt64? {
        guard index + 8 <= bytes.count else { return nil }
        defer { index += 8 }
        return bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = byte() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }

    private mutating func text() -> String? {
        guard let length = varint(), length <= UInt64(bytes.count - index) else { return nil }
        defer { index += Int(length) }
        let text = String(decoding: bytes[index..<index + Int(length)], as: UTF8.self)
        // Bytes that are not UTF-8 were replaced by longer ones.
        return text.utf8.count == length ? text : nil
    }
}
