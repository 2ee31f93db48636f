/// Checks a text and notes where its values stand. Recursion is bounded by `JSONDocument.depthMax`.
struct JSONParser {
    private(set) var nodes: [JSONNode] = []
    private let start: Int
    private let end: Int
    private var position: Int
    private var depth = 0
    /// An object with more names than this remembers them in a set.
    private static let comparedNamesMax = 16

    init(_ range: Range<Int>) {
        precondition(range.upperBound < UInt32.max, "nodes count bytes in 32 bits")
        start = range.lowerBound
        end = range.upperBound
        position = start
        nodes.reserveCapacity(24)
    }

    mutating func parse(_ bytes: Span<UInt8>) throws(JSONError) {
        skipWhiteSpace(bytes)
        try value(bytes)
        skipWhiteSpace(bytes)
        guard position == end else { throw error("something stands behind the value") }
    }

    private mutating func value(_ bytes: Span<UInt8>) throws(JSONError) {
        switch byte(bytes) {
        case UInt8(ascii: "{"): try object(bytes)
        case UInt8(ascii: "["): try array(bytes)
        case UInt8(ascii: "\""): try text(bytes)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number(bytes)
        case UInt8(ascii: "t"): try literal("true", .yes, bytes)
        case UInt8(ascii: "f"): try literal("false", .no, bytes)
        case UInt8(ascii: "n"): try literal("null", .null, bytes)
        default: throw error(position < end ? "this begins no value" : "the text ends where a value is wanted")
        }
    }

    // MARK: Objects and arrays

    private mutating func object(_ bytes: Span<UInt8>) throws(JSONError) {
        let own = try open(.object)
        skipWhiteSpace(bytes)
        if byte(bytes) == UInt8(ascii: "}") { return close(own) }
        var count = 0
        var seen: Set<[UInt8]> = []
        while true {
            guard byte(bytes) == UInt8(ascii: "\"") else { throw error("a name in double quotes is wanted") }
            try text(bytes)
            count += 1
            try refuseRepeated(own, count, &seen, bytes)
            skipWhiteSpace(bytes)
            guard byte(bytes) == UInt8(ascii: ":") else { throw error("a colon is wanted behind a name") }
            position += 1
            skipWhiteSpace(bytes)
            try value(bytes)
            if try isClosed(by: UInt8(ascii: "}"), bytes) { return close(own) }
        }
    }

    private mutating func array(_ bytes: Span<UInt8>) throws(JSONError) {
        let own = try open(.array)
        skipWhiteSpace(bytes)
        if byte(bytes) == UInt8(ascii: "]") { return close(own) }
        while true {
            try value(bytes)
            if try isClosed(by: UInt8(ascii: "]"), bytes) { return close(own) }
        }
    }

    private mutating func open(_ kind: JSONNode.Kind) throws(JSONError) -> Int {
        guard depth < JSONDocument.depthMax else {
            throw error("it is nested more than \(JSONDocument.depthMax) levels deep")
        }
        depth += 1
        add(kind, from: position, to: position + 1)
        position += 1
        return nodes.count - 1
    }

    private mutating func close(_ own: Int) {
        depth -= 1
        position += 1
        nodes[own].end = UInt32(position)
        nodes[own].next = UInt32(nodes.count)
    }

    /// Whether the bracket comes; otherwise moves behind the comma to what comes next.
    private mutating func isClosed(by bracket: UInt8, _ bytes: Span<UInt8>) throws(JSONError) -> Bool {
        skipWhiteSpace(bytes)
        if byte(bytes) == bracket { return true }
        guard byte(bytes) == UInt8(ascii: ",") else {
            throw error(position < end ? "a comma or a closing bracket is wanted" : "the text ends inside brackets")
        }
        position += 1
        skipWhiteSpace(bytes)
        guard byte(bytes) != bracket else { throw error("a comma stands before a closing bracket") }
        return false
    }

    /// Nobody can say which value of a name was meant that stands twice in an object.
    ///
    /// - Parameter count: the number of the newest name in the object at `own`.
    private func refuseRepeated(
        _ own: Int, _ count: Int, _ seen: inout Set<[UInt8]>, _ bytes: Span<UInt8>
    ) throws(JSONError) {
        let newest = nodes[nodes.count - 1]
        var isRepeated = false
        if count <= Self.comparedNamesMax {
            var index = own + 1
            for _ in 1..<count {
                if JSONText.areEqual(nodes[index], newest, bytes) { isRepeated = true }
                index = Int(nodes[index + 1].next)
            }
        } else {
            if seen.isEmpty {
                var index = own + 1
                for _ in 1..<count {
                    seen.insert(JSONText.unescaped(nodes[index], bytes))
                    index = Int(nodes[index + 1].next)
                }
            }
            isRepeated = !seen.insert(JSONText.unescaped(newest, bytes)).inserted
        }
        guard !isRepeated else {
            let name = String(decoding: JSONText.unescaped(newest, bytes), as: UTF8.self)
            throw JSONError(offset: Int(newest.start) - start, reason: "the name \"\(name)\" is given twice")
        }
    }

    // MARK: Texts

    private mutating func text(_ bytes: Span<UInt8>) throws(JSONError) {
        position += 1
        let first = position
        var hasEscapes = false
        while true {
            guard position < end else { throw error("the text ends inside a string") }
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                add(.text, from: first, to: position, hasEscapes: hasEscapes)
                position += 1
                return
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try escape(bytes)
            case 0x20..<0x80: position += 1
            case 0..<0x20: throw error("a control character stands in a string unescaped")
            default:
                guard let length = JSONText.sequenceLength(bytes, at: position, end) else {
                    throw error("a string is not UTF-8")
                }
                position += length
            }
        }
    }

    private mutating func escape(_ bytes: Span<UInt8>) throws(JSONError) {
        guard position + 1 < end else { throw error("the text ends inside a string") }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"):
            switch try codeUnit(bytes) {
            case 0xD800..<0xDC00:
                guard byte(bytes) == UInt8(ascii: "\\"), position + 1 < end, bytes[position + 1] == UInt8(ascii: "u"),
                    (0xDC00..<0xE000).contains(try codeUnit(bytes))
                else { throw error("half a surrogate pair stands alone") }
            case 0xDC00..<0xE000: throw error("half a surrogate pair stands alone")
            default: break
            }
        default: throw error("there is no such escape")
        }
    }

    /// Moves behind `\uXXXX`.
    private mutating func codeUnit(_ bytes: Span<UInt8>) throws(JSONError) -> UInt32 {
        guard position + 6 <= end, let unit = JSONText.codeUnit(bytes, at: position + 2) else {
            throw error("four hexadecimal digits are wanted behind \\u")
        }
        position += 6
        return unit
    }

    // MARK: Numbers and words

    private mutating func number(_ bytes: Span<UInt8>) throws(JSONError) {
        let first = position
        if byte(bytes) == UInt8(ascii: "-") { position += 1 }
        if byte(bytes) == UInt8(ascii: "0") { position += 1 } else { try digits(bytes) }
        if byte(bytes) == UInt8(ascii: ".") {
            position += 1
            try digits(bytes)
        }
        if byte(bytes) | 0x20 == UInt8(ascii: "e") {
            position += 1
            if byte(bytes) == UInt8(ascii: "+") || byte(bytes) == UInt8(ascii: "-") { position += 1 }
            try digits(bytes)
        }
        add(.number, from: first, to: position)
    }

    private mutating func digits(_ bytes: Span<UInt8>) throws(JSONError) {
        let first = position
        while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte(bytes)) { position += 1 }
        guard position > first else { throw error("a digit is wanted") }
    }

    private mutating func literal(_ word: StaticString, _ kind: JSONNode.Kind, _ bytes: Span<UInt8>) throws(JSONError) {
        let first = position
        for letter in word.description.utf8 {
            guard byte(bytes) == letter else { throw error("this begins no value") }
            position += 1
        }
        add(kind, from: first, to: position)
    }

    // MARK: Bytes

    private mutating func add(_ kind: JSONNode.Kind, from first: Int, to last: Int, hasEscapes: Bool = false) {
        nodes.append(
            JSONNode(
                kind: kind, hasEscapes: hasEscapes, start: UInt32(first), end: UInt32(last),
                next: UInt32(nodes.count + 1)))
    }

    /// 0 at the end: a byte that stands nowhere outside of a string.
    private func byte(_ bytes: Span<UInt8>) -> UInt8 { position < end ? bytes[position] : 0 }

    private mutating func skipWhiteSpace(_ bytes: Span<UInt8>) {
        while position < end {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position += 1
            default: return
            }
        }
    }

    private func error(_ reason: String) -> JSONError { JSONError(offset: position - start, reason: reason) }
}
