import Ledger

/// Encoded records one behind the other, as they are appended to the log: one buffer for a whole batch, so that a record
/// costs no memory of its own.
///
/// Sendable because it is handed from the thread that fills it to the one that writes it, and never changed after.
final class RecordBuffer: @unchecked Sendable {
    private var start: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var byteCount = 0
    /// Where each record ends.
    private(set) var ends: [Int] = []

    init(capacity: Int = 4_096) {
        self.capacity = capacity
        start = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { start.deallocate() }

    var count: Int { ends.count }

    /// Lends the bytes of all records.
    func withBytes<R, Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> R) throws(Failure) -> R {
        try body(UnsafeRawBufferPointer(start: start, count: byteCount))
    }

    /// Appends a record with the payload that `payload` writes, and returns its size and checksum. The payload of
    /// `record` itself is not looked at.
    @inline(__always)
    @discardableResult
    func append(
        _ record: borrowing Record, payload: (RecordBuffer) throws -> Void
    ) rethrows -> (bytes: Int, checksum: UInt32) {
        let begin = byteCount
        byteCount += 4  // The checksum, when it is known.
        writeHeader(record)
        do {
            try payload(self)
        } catch {
            byteCount = begin
            throw error
        }
        let size = byteCount - begin
        let checksum = CRC32C.checksum(UnsafeRawBufferPointer(start: start + begin + 4, count: size - 4))
        start.storeBytes(of: checksum.littleEndian, toByteOffset: begin, as: UInt32.self)
        ends.append(byteCount)
        return (size, checksum)
    }

    /// Appends a record that is encoded already.
    func append(encoded bytes: [UInt8]) {
        raw(bytes)
        ends.append(byteCount)
    }

    /// Takes the records behind the first `count` out again.
    func truncate(to count: Int) {
        ends.removeLast(ends.count - count)
        byteCount = ends.last ?? 0
    }

    private func writeHeader(_ record: borrowing Record) {
        byte(Record.format)
        varint(UInt64(record.storedType.rawValue))
        varint(record.position.rawValue)
        byte(record.stream.category.rawValue)
        text(record.stream.id)
        varint(record.version.rawValue)
        varint(record.previous == .start ? 0 : record.position.rawValue - record.previous.rawValue)
        fixed(UInt64(bitPattern: record.recordedAt.microseconds))
        let delay = record.effectiveAt.microseconds - record.recordedAt.microseconds
        varint(UInt64(bitPattern: (delay << 1) ^ (delay >> 63)))
        text(record.actor)
        text(record.key)
        varint(UInt64(record.ordinal))
        varint(UInt64(record.count))
        if record.ordinal == 0 { fixed(record.fingerprint) }
        text(record.correlation)
    }
}

// The parts of records and of protobuf messages.
extension RecordBuffer {
    @inline(__always)
    func byte(_ value: UInt8) {
        reserve(1)
        start.storeBytes(of: value, toByteOffset: byteCount, as: UInt8.self)
        byteCount += 1
    }

    @inline(__always)
    func fixed(_ value: UInt64) {
        reserve(8)
        start.storeBytes(of: value.littleEndian, toByteOffset: byteCount, as: UInt64.self)
        byteCount += 8
    }

    @inline(__always)
    func varint(_ value: UInt64) {
        reserve(10)
        var rest = value
        while rest >= 0x80 {
            start.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: byteCount, as: UInt8.self)
            byteCount += 1
            rest >>= 7
        }
        start.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: byteCount, as: UInt8.self)
        byteCount += 1
    }

    /// A varint of the length, then UTF-8.
    @inline(__always)
    func text(_ text: borrowing String) {
        varint(UInt64(text.utf8.count))
        let length = text.utf8.count
        reserve(length)
        let copied: Void? = text.utf8.withContiguousStorageIfAvailable { source in
            (start + byteCount).copyMemory(
                from: source.baseAddress ?? UnsafePointer(bitPattern: 1)!, byteCount: source.count)
        }
        if copied == nil {
            for (index, byte) in text.utf8.enumerated() {
                start.storeBytes(of: byte, toByteOffset: byteCount + index, as: UInt8.self)
            }
        }
        byteCount += length
    }

    func raw(_ bytes: [UInt8]) {
        reserve(bytes.count)
        bytes.withUnsafeBytes { source in
            UnsafeMutableRawBufferPointer(start: start + byteCount, count: source.count).copyMemory(from: source)
        }
        byteCount += bytes.count
    }

    /// A length-delimited field of protobuf whose content `body` writes; it must be shorter than 16,384 bytes.
    @inline(__always)
    func message(field: UInt8, _ body: (RecordBuffer) -> Void) {
        byte(field << 3 | 2)
        // The length is known when the content is there: one byte is kept free for it, and a second one made where needed.
        byte(0)
        let begin = byteCount
        body(self)
        let length = byteCount - begin
        if length < 0x80 {
            start.storeBytes(of: UInt8(length), toByteOffset: begin - 1, as: UInt8.self)
        } else {
            precondition(length < 16_384, "a nested message of an event is short")
            reserve(1)
            (start + begin + 1).copyMemory(from: start + begin, byteCount: length)
            start.storeBytes(of: UInt8(length & 0x7F) | 0x80, toByteOffset: begin - 1, as: UInt8.self)
            start.storeBytes(of: UInt8(length >> 7), toByteOffset: begin, as: UInt8.self)
            byteCount += 1
        }
    }

    /// A string of protobuf; left out where it is empty, unless its presence says something.
    @inline(__always)
    func textField(_ field: UInt8, _ value: borrowing String, isOptional: Bool = false) {
        guard isOptional || !value.utf8.isEmpty else { return }
        byte(field << 3 | 2)
        text(value)
    }

    /// A bool of protobuf; left out where it is false.
    @inline(__always)
    func flagField(_ field: UInt8, _ value: Bool) {
        guard value else { return }
        byte(field << 3)
        byte(1)
    }

    @inline(__always)
    private func reserve(_ more: Int) {
        if byteCount + more > capacity { grow(more) }
    }

    @inline(never)
    private func grow(_ more: Int) {
        let larger = max(capacity * 2, byteCount + more)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        moved.copyMemory(from: start, byteCount: byteCount)
        start.deallocate()
        start = moved
        capacity = larger
    }
}
