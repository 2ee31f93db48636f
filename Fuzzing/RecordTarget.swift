import EventStore
import Ledger
import SwiftProtobuf

@testable import EventStore

/// A record, as it stands in the log. What decodes is encoded again to bytes that say the same.
enum RecordTarget: FuzzTarget {
    static func run(_ input: [UInt8]) {
        _ = try? Record.decode(input.span.bytes, at: Position(rawValue: 1))
        guard let (bytes, position) = whole(input),
            let record = try? Record.decode(bytes.span.bytes, at: position)
        else { return }
        roundTrip(record, of: bytes)
        guard let event = try? EventCodec.decode(record.type, record.payload, open: open) else { return }
        roundTrip(event, of: record)
        if case .stock(let event) = event {
            let alone = promised("a stock event alone") { try Record.stockEvent(bytes.span.bytes, at: position) }
            promise(alone?.sku == record.stream.id && alone?.event == event, "a stock event alone is another one")
        }
    }

    /// The input with the checksum that it should have, so that the fields behind it are reached at all.
    private static func whole(_ input: [UInt8]) -> (bytes: [UInt8], position: Position)? {
        guard input.count > 5 else { return nil }
        var fields = input[5...]
        guard varint(&fields) != nil, let position = varint(&fields) else { return nil }
        let checksum = input[4...].withUnsafeBytes { CRC32C.checksum($0) }
        let bytes = withUnsafeBytes(of: checksum.littleEndian) { Array($0) } + input[4...]
        return (bytes, Position(rawValue: position))
    }

    private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }

    private static func roundTrip(_ record: Record, of bytes: [UInt8]) {
        // Times that lie further apart than 64 bits count were never written.
        let (_, isImpossible) = record.effectiveAt.microseconds.subtractingReportingOverflow(
            record.recordedAt.microseconds)
        guard !isImpossible else { return }
        let canonical = record.encoded()
        promise(canonical.count <= bytes.count, "encoding made the record longer")
        var again = promised("what was encoded") { try Record.decode(canonical.span.bytes, at: record.position) }
        promise(again.encoded() == canonical, "the same record is encoded to other bytes")
        again.checksum = record.checksum
        promise(again == record, "the record is another one after encoding and decoding")
    }

    private static func roundTrip(_ event: Event, of record: Record) {
        let (type, payload) = promised("what was decoded") {
            try EventCodec.encode(StreamEvent(record.stream, event), seal: seal)
        }
        promise(type == record.type, "\(record.type.name) became \(type.name)")
        let again = promised("what was encoded") { try EventCodec.decode(type, payload, open: open) }
        promise(again == event, "the event is another one after encoding and decoding")
    }

    // Instead of encryption, which no mutated byte survives.

    private static func open(_ box: [UInt8], _ person: String) throws -> Contact? {
        guard let contact = try? Daybook_V1_Contact(serializedBytes: box) else { return nil }
        return try contact.value()
    }

    private static func seal(_ contact: Contact, _ person: String) throws -> [UInt8] {
        try Daybook_V1_Contact(contact).serializedBytes()
    }
}
