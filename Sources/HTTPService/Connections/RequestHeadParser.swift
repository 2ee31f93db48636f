import HTTPTypes

/// Reads the head of a request as RFC 9110 and 9112 write it, and refuses every leniency by which two programs could
/// read one text as different requests.
///
/// Works line by line as bytes come in, so that each byte is looked at once and nonsense is refused at its first line.
struct RequestHeadParser {
    private(set) var head = RequestHead()
    /// How many bytes the head has, once it is complete.
    private(set) var byteCount = 0

    private let limits: ServerLimits
    private var lineStart = 0
    private var scanned = 0
    private var fieldCount = 0
    private var hasRequestLine = false
    private var isHTTP11 = true
    /// A bit for each field.
    private var seen: UInt16 = 0

    /// The fields that are read here, or of which two would leave open which one is meant.
    private enum Field: UInt8, CaseIterable {
        case host, connection, upgrade, expect, authorization
        case contentLength, transferEncoding, contentType, idempotencyKey, ifMatch, daybookPosition, lastEventID

        /// In lower case, as a text without reference counts: heads are read on the way to refusing them, too.
        var name: StaticString {
            switch self {
            case .host: "host"
            case .connection: "connection"
            case .upgrade: "upgrade"
            case .expect: "expect"
            case .authorization: "authorization"
            case .contentLength: "content-length"
            case .transferEncoding: "transfer-encoding"
            case .contentType: "content-type"
            case .idempotencyKey: "idempotency-key"
            case .ifMatch: "if-match"
            case .daybookPosition: "daybook-position"
            case .lastEventID: "last-event-id"
            }
        }

        /// Which one a name of so many bytes can be.
        static func candidates(_ count: Int) -> (Field, Field?)? {
            switch count {
            case 4: (.host, nil)
            case 6: (.expect, nil)
            case 7: (.upgrade, nil)
            case 8: (.ifMatch, nil)
            case 10: (.connection, nil)
            case 12: (.contentType, nil)
            case 13: (.authorization, .lastEventID)
            case 14: (.contentLength, nil)
            case 15: (.idempotencyKey, nil)
            case 16: (.daybookPosition, nil)
            case 17: (.transferEncoding, nil)
            default: nil
            }
        }
    }

    init(_ limits: ServerLimits) { self.limits = limits }

    /// Whether the head is complete.
    ///
    /// - Parameter bytes: all since the head's first byte: those of the call before, and more.
    /// - Throws: `Problem` 400, 414, 417 or 431.
    mutating func parse(_ bytes: UnsafeRawBufferPointer) throws(Problem) -> Bool {
        while scanned < bytes.count {
            let byte = bytes[scanned]
            if byte == UInt8(ascii: "\r") {
                guard scanned + 1 < bytes.count else { break }
                guard bytes[scanned + 1] == UInt8(ascii: "\n") else { throw .malformed("a CR stands without its LF") }
                let line = lineStart..<scanned
                scanned += 2
                lineStart = scanned
                guard try take(line, bytes) else { continue }
                guard scanned <= limits.headBytesMax else { throw tooLarge }
                byteCount = scanned
                return true
            }
            guard byte >= 0x20 || byte == UInt8(ascii: "\t"), byte != 0x7F else {
                throw .malformed(
                    byte == UInt8(ascii: "\n") ? "a line ends without a CR" : "a control character stands in the head")
            }
            scanned += 1
        }
        if !hasRequestLine, scanned - lineStart > limits.targetBytesMax + 32 { throw targetTooLong }
        guard scanned <= limits.headBytesMax else { throw tooLarge }
        return false
    }

    /// Whether the line was the empty one at the end of the head.
    private mutating func take(_ line: Range<Int>, _ bytes: UnsafeRawBufferPointer) throws(Problem) -> Bool {
        if !hasRequestLine {
            // RFC 9112, 2.2: one empty line before a request is to be let pass.
            if line.isEmpty {
                guard line.lowerBound == 0 else { throw .malformed("empty lines stand before the request") }
                return false
            }
            hasRequestLine = true
            try takeRequestLine(line, bytes)
            return false
        }
        guard !line.isEmpty else {
            try finish()
            return true
        }
        fieldCount += 1
        guard fieldCount <= limits.headFieldsMax else { throw tooLarge }
        try takeField(line, bytes)
        return false
    }

    // MARK: The request line

    private mutating func takeRequestLine(_ line: Range<Int>, _ bytes: UnsafeRawBufferPointer) throws(Problem) {
        guard let space = line.first(where: { bytes[$0] == UInt8(ascii: " ") }),
            let method = RequestHead.Method(bytes, line.lowerBound..<space)
        else { throw .malformed("it begins with no method that is known here") }
        head.method = method
        let target = (space + 1)..<max(space + 1, line.upperBound - " HTTP/1.1".utf8.count)
        if bytes.equals(" HTTP/1.1", in: target.upperBound..<line.upperBound) {
            isHTTP11 = true
        } else if bytes.equals(" HTTP/1.0", in: target.upperBound..<line.upperBound) {
            isHTTP11 = false
            head.keepsAlive = false
        } else {
            throw .malformed("its first line does not end in HTTP/1.1 or HTTP/1.0")
        }
        guard target.count <= limits.targetBytesMax else { throw targetTooLong }
        guard !target.isEmpty, bytes[target.lowerBound] == UInt8(ascii: "/") else {
            throw .malformed("its target does not begin with a slash")
        }
        guard target.allSatisfy({ (0x21...0x7E).contains(bytes[$0]) && bytes[$0] != UInt8(ascii: "#") }) else {
            throw .malformed("its target has characters that must be percent-encoded")
        }
        head.path = target.lowerBound..<(target.first { bytes[$0] == UInt8(ascii: "?") } ?? target.upperBound)
    }

    // MARK: Fields

    private mutating func takeField(_ line: Range<Int>, _ bytes: UnsafeRawBufferPointer) throws(Problem) {
        guard let colon = line.first(where: { bytes[$0] == UInt8(ascii: ":") }), colon > line.lowerBound else {
            throw .malformed("a line of the head is no field")
        }
        let name = line.lowerBound..<colon
        guard name.allSatisfy({ bytes[$0].isTokenCharacter }) else {
            throw .malformed("a field's name has characters that no name has, or a line is folded")
        }
        let value = bytes.trimmed((colon + 1)..<line.upperBound)
        if value.contains(where: { bytes[$0] >= 0x80 }),
            String(validating: UnsafeRawBufferPointer(rebasing: bytes[value]), as: UTF8.self) == nil
        {
            throw .malformed("a field's value is not UTF-8")
        }
        guard let (first, second) = Field.candidates(name.count) else { return }
        if bytes.equals(first.name, lowercasing: name) {
            try take(first, value, line, bytes)
        } else if let second, bytes.equals(second.name, lowercasing: name) {
            try take(second, value, line, bytes)
        }
    }

    private mutating func take(
        _ field: Field, _ value: Range<Int>, _ line: Range<Int>, _ bytes: UnsafeRawBufferPointer
    ) throws(Problem) {
        let isFirst = !has(field)
        seen |= 1 << field.rawValue
        switch field {
        case .connection: takeConnection(value, bytes)
        case .upgrade: head.upgradeLines.append(line.lowerBound..<line.upperBound + 2)
        default: guard isFirst else { throw .malformed("\(field.name) is given twice") }
        }
        switch field {
        case .contentLength:
            // RFC 9110, 8.6: digits alone; eighteen of them are less than the greatest Int.
            guard (1...18).contains(value.count), value.allSatisfy({ bytes[$0].isDigit }) else {
                throw .malformed("its Content-Length is not a number of bytes")
            }
            let length = value.reduce(0) { $0 * 10 + Int(bytes[$1] - UInt8(ascii: "0")) }
            head.body = length == 0 ? .none : .length(length)
        case .transferEncoding:
            guard bytes.equals("chunked", lowercasing: value) else {
                throw .malformed("its Transfer-Encoding is not \"chunked\"")
            }
            head.body = .chunked
        case .host:
            guard value.allSatisfy({ bytes[$0].isHostCharacter }) else { throw .malformed("its Host is none") }
        case .expect:
            guard bytes.equals("100-continue", lowercasing: value) else {
                throw Problem(
                    .expectationFailed, "expectation_failed", "The only expectation met here is 100-continue.")
            }
            head.expectsContinue = true
        default: break
        }
    }

    private mutating func takeConnection(_ value: Range<Int>, _ bytes: UnsafeRawBufferPointer) {
        var start = value.lowerBound
        while start <= value.upperBound {
            let end = (start..<value.upperBound).first { bytes[$0] == UInt8(ascii: ",") } ?? value.upperBound
            let option = bytes.trimmed(start..<end)
            if bytes.equals("close", lowercasing: option) { head.keepsAlive = false }
            if bytes.equals("keep-alive", lowercasing: option), !isHTTP11 { head.keepsAlive = true }
            start = end + 1
        }
    }

    private func has(_ field: Field) -> Bool { seen & 1 << field.rawValue != 0 }

    private func finish() throws(Problem) {
        guard has(.host) || !isHTTP11 else { throw .malformed("it has no Host") }
        if has(.transferEncoding) {
            guard !has(.contentLength) else {
                throw .malformed("it has both a Content-Length and a Transfer-Encoding")
            }
            guard isHTTP11 else { throw .malformed("HTTP/1.0 has no Transfer-Encoding") }
        }
        guard head.body == .none || (head.method != .get && head.method != .head) else {
            throw .malformed("\(head.method.rawValue) takes no body")
        }
    }

    private var tooLarge: Problem {
        Problem(
            .requestHeaderFieldsTooLarge, "head_too_large",
            "A head has at most \(limits.headBytesMax) bytes and \(limits.headFieldsMax) fields.")
    }

    private var targetTooLong: Problem {
        Problem(.uriTooLong, "target_too_long", "A request's target has at most \(limits.targetBytesMax) bytes.")
    }
}

extension Problem {
    static func malformed(_ why: String) -> Problem {
        .badRequest("malformed_request", "The request is not HTTP as it is spoken here: \(why).")
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    fileprivate var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }

    /// RFC 9110, 5.6.2.
    fileprivate var isTokenCharacter: Bool {
        if isLetter || isDigit { return true }
        return switch self {
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"),
            UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "`"),
            UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// A name, an IPv4 or a bracketed IPv6 address, a port.
    fileprivate var isHostCharacter: Bool { isLetter || isDigit || "-._~:[]%".utf8.contains(self) }
}

extension RequestHead.Method {
    fileprivate init?(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        switch true {
        case bytes.equals("GET", in: range): self = .get
        case bytes.equals("POST", in: range): self = .post
        case bytes.equals("HEAD", in: range): self = .head
        case bytes.equals("PUT", in: range): self = .put
        case bytes.equals("PATCH", in: range): self = .patch
        case bytes.equals("DELETE", in: range): self = .delete
        case bytes.equals("OPTIONS", in: range): self = .options
        default: return nil
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func equals(_ text: StaticString, in range: Range<Int>) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<range.count where self[range.lowerBound + index] != text.utf8Start[index] { return false }
        return true
    }

    /// - Parameter text: in lower case.
    fileprivate func equals(_ text: StaticString, lowercasing range: Range<Int>) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<range.count {
            let byte = self[range.lowerBound + index]
            guard (byte.isLetter ? byte | 0x20 : byte) == text.utf8Start[index] else { return false }
        }
        return true
    }

    /// Without spaces and tabs at both ends.
    fileprivate func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        func isBlank(_ index: Int) -> Bool { self[index] == UInt8(ascii: " ") || self[index] == UInt8(ascii: "\t") }
        while start < end, isBlank(start) { start += 1 }
        while start < end, isBlank(end - 1) { end -= 1 }
        return start..<end
    }
}
