/// Reads what comes back on one connection: the status, and where the answer ends. Answers have a Content-Length, and
/// one comes at a time; nothing else of HTTP is understood.
struct ResponseParser {
    enum Failure: Error, Equatable {
        /// No HTTP answer with a Content-Length, or more than one answer.
        case notAnAnswer(String)
    }

    /// An answer is a few hundred bytes; a megabyte is no answer of ours.
    private static let bytesMax = 1 << 20
    private var bytes: [UInt8] = []
    private var head: (status: Int, end: Int)?
    private var bodyBytes = 0

    /// Takes in what was read; the status as soon as the answer is whole.
    mutating func take(_ more: UnsafeRawBufferPointer) throws(Failure) -> Int? {
        bytes.append(contentsOf: more)
        if head == nil { try readHead() }
        guard let head else {
            guard bytes.count < Self.bytesMax else { throw .notAnAnswer("the head has no end") }
            return nil
        }
        let end = head.end + bodyBytes
        guard bytes.count >= end else { return nil }
        guard bytes.count == end else { throw .notAnAnswer("\(bytes.count - end) bytes behind the answer") }
        reset()
        return head.status
    }

    /// Forgets a half-read answer.
    mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        head = nil
        bodyBytes = 0
    }

    private mutating func readHead() throws(Failure) {
        guard let end = Self.endOfHead(bytes) else { return }
        guard bytes.count >= 12, bytes.starts(with: "HTTP/1.1 ".utf8), let status = Self.number(bytes[9..<12]),
            let length = Self.contentLength(bytes[..<end]), length < Self.bytesMax
        else { throw .notAnAnswer(String(decoding: bytes[..<min(end, 200)], as: UTF8.self)) }
        head = (status, end)
        bodyBytes = length
    }

    /// Behind the empty line; nil while there is none.
    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        var index = 3
        while index < bytes.count {
            if bytes[index] == 10, bytes[index - 1] == 13, bytes[index - 2] == 10, bytes[index - 3] == 13 {
                return index + 1
            }
            index += 1
        }
        return nil
    }

    private static let lengthName = Array("content-length:".utf8)

    private static func contentLength(_ head: ArraySlice<UInt8>) -> Int? {
        var line = head.startIndex
        while let end = head[line...].firstIndex(of: 10) {
            let start = line
            line = end + 1
            // Most lines differ in their first letter.
            guard head[start] | 32 == lengthName[0], end - start > lengthName.count,
                zip(head[start...], lengthName).allSatisfy({ $0 | 32 == $1 | 32 })
            else { continue }
            return number(head[(start + lengthName.count)..<end].filter { $0 != 32 && $0 != 13 }[...])
        }
        return nil
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.count < 10, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }
}
