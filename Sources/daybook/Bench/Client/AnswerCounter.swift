import Foundation

/// Counts the answers of a stream, and those among them that accept, however the stream is cut.
struct AnswerCounter {
    private let format: StreamFormatName
    private var rest: [UInt8] = []
    private(set) var answers = 0
    private(set) var accepted = 0
    /// The first answer that does not accept, for the reader of a failure.
    private(set) var firstRefusal: String?

    init(_ format: StreamFormatName) { self.format = format }

    mutating func take(_ bytes: UnsafeRawBufferPointer) throws {
        if rest.isEmpty {
            let used = try count(bytes)
            rest.append(contentsOf: bytes[used...])
        } else {
            rest.append(contentsOf: bytes)
            var whole: [UInt8] = []
            swap(&whole, &rest)
            let used = try whole.withUnsafeBytes { try count($0) }
            rest.append(contentsOf: whole[used...])
        }
    }

    /// How many bytes the whole answers have.
    private mutating func count(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        var index = 0
        while index < bytes.count {
            let tail = UnsafeRawBufferPointer(rebasing: bytes[index...])
            guard let end = format == .ndjson ? Self.line(tail) : Self.message(tail) else { break }
            let answer = UnsafeRawBufferPointer(rebasing: tail[..<end])
            let isAccepted = format == .ndjson ? Self.acceptsLine(answer) : Self.acceptsMessage(answer)
            answers += 1
            if isAccepted {
                accepted += 1
            } else {
                firstRefusal = firstRefusal ?? String(decoding: answer, as: UTF8.self)
            }
            index += end
        }
        return index
    }
}

extension AnswerCounter {
    private static func line(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard let start = bytes.baseAddress, let end = memchr(start, 10, bytes.count) else { return nil }
        return UnsafeRawPointer(end) - start + 1
    }

    private static let acceptedStatus = Array(#""status":20"#.utf8)

    /// The status stands near the beginning, behind the key.
    private static func acceptsLine(_ line: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index + acceptedStatus.count <= line.count {
            if line[index] == acceptedStatus[0], line[index...].starts(with: acceptedStatus) { return true }
            index += 1
        }
        return false
    }

    /// A message behind its length.
    private static func message(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        guard let length = varint(bytes, &index), bytes.count - index >= length else { return nil }
        return index + length
    }

    /// `CommandAnswer`: the status is field 2, behind the key, which is field 1.
    private static func acceptsMessage(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        _ = varint(bytes, &index)
        while let tag = varint(bytes, &index) {
            switch tag {
            case 1 << 3 | 2:
                guard let length = varint(bytes, &index) else { return false }
                index += length
            case 2 << 3: return varint(bytes, &index).map { $0 == 200 || $0 == 201 } ?? false
            default: return false
            }
        }
        return false
    }

    private static func varint(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) -> Int? {
        var value = 0
        var shift = 0
        while index < bytes.count, shift < 56 {
            let byte = bytes[index]
            index += 1
            value |= Int(byte & 0x7F) << shift
            guard byte & 0x80 != 0 else { return value }
            shift += 7
        }
        return nil
    }
}
