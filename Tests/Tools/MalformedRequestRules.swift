/// What makes requests malformed, with variations by chance.
enum MalformedRequestRules {
    typealias Made = (bytes: [UInt8], about: String, endsEarly: Bool)
    typealias Rule = (name: String, make: @Sendable (inout SplitMix64) -> Made)

    static let all: [Rule] = [
        ("twoLengths", twoLengths),
        ("badChunkSize", badChunkSize),
        ("chunkBomb", chunkBomb),
        ("lineEnd", lineEnd),
        ("controlCharacter", controlCharacter),
        ("folded", folded),
        ("badName", badName),
        ("invalidUTF8", invalidUTF8),
        ("tooMany", tooMany),
        ("truncated", truncated),
        ("deepJSON", deepJSON),
        ("doubledName", doubledName),
        ("hugeNumber", hugeNumber),
        ("brokenJSON", brokenJSON),
        ("overlong", overlong),
        ("noise", noise),
    ]

    private static var body: String { MalformedRequest.body }

    private static func whole(_ text: String, _ about: String) -> Made { (Array(text.utf8), about, false) }

    private static func posting(_ body: String, _ about: String) -> Made {
        whole(MalformedRequest.head(fields: ["Content-Length: \(body.utf8.count)"]) + body, about)
    }

    /// A good request, in bytes.
    private static var good: [UInt8] {
        Array(
            (MalformedRequest.head(fields: ["X-One: 1", "Content-Length: \(body.utf8.count)", "X-Two: 2"]) + body).utf8)
    }

    private static var headCount: Int { good.count - body.utf8.count }

    private static func twoLengths(_ random: inout SplitMix64) -> Made {
        let other = Int.random(in: 0...200, using: &random)
        var fields = ["Content-Length: \(body.utf8.count)"]
        let second = ["Content-Length: \(other)", "content-LENGTH:\(other)", "Transfer-Encoding: chunked"]
        fields.insert(second.randomElement(using: &random)!, at: Int.random(in: 0...1, using: &random))
        return whole(MalformedRequest.head(fields: fields) + body, "\(fields)")
    }

    private static func badChunkSize(_ random: inout SplitMix64) -> Made {
        var size = Array("2d".utf8)
        let wrong = "gzGZ.,+-_ \t\"'\u{1}\u{7F}".utf8.randomElement(using: &random)!
        size.insert(wrong, at: .random(in: 0...2, using: &random))
        let chunks = size + Array("\r\n\(body)\r\n0\r\n\r\n".utf8)
        return (
            Array(MalformedRequest.head(fields: ["Transfer-Encoding: chunked"]).utf8) + chunks, "\(size)", false
        )
    }

    private static func chunkBomb(_ random: inout SplitMix64) -> Made {
        let count = Int.random(in: 200...200_000, using: &random)
        let head = MalformedRequest.head(fields: ["Transfer-Encoding: chunked"])
        return whole(
            head + "2d;" + String(repeating: "x", count: count) + "\r\n\(body)\r\n0\r\n\r\n", "\(count) bytes")
    }

    /// One line of the head ends otherwise.
    private static func lineEnd(_ random: inout SplitMix64) -> Made {
        var bytes = good
        let ends = (0..<headCount).filter { bytes[$0] == UInt8(ascii: "\r") }
        let end = ends.dropLast().randomElement(using: &random)!
        if Bool.random(using: &random) {
            bytes.remove(at: end)
            return (bytes, "LF alone at \(end)", false)
        }
        bytes.remove(at: end + 1)
        return (bytes, "CR alone at \(end)", false)
    }

    private static func controlCharacter(_ random: inout SplitMix64) -> Made {
        var bytes = good
        let place = Int.random(in: 0..<headCount - 4, using: &random)
        let character = ([0...8, 11...12, 14...31, 127...127] as [ClosedRange<UInt8>]).randomElement(using: &random)!
            .randomElement(using: &random)!
        bytes.insert(character, at: place)
        return (bytes, "\(character) at \(place)", false)
    }

    private static func folded(_ random: inout SplitMix64) -> Made {
        let fold = [" ", "\t", "  ", " \t"].randomElement(using: &random)! + "Content-Length: 0"
        var fields = ["X-One: 1", "Content-Length: \(body.utf8.count)"]
        fields.insert(fold, at: .random(in: 0...2, using: &random))
        return whole(MalformedRequest.head(fields: fields) + body, "\(fields)")
    }

    private static func badName(_ random: inout SplitMix64) -> Made {
        var name = Array("X-Name".utf8)
        let wrong = Array(" \"(),/;<=>?@[\\]{}\t".utf8).randomElement(using: &random)!
        name.insert(wrong, at: .random(in: 0...6, using: &random))
        let fields = [String(decoding: name, as: UTF8.self) + ": 1", "Content-Length: \(body.utf8.count)"]
        return whole(MalformedRequest.head(fields: fields) + body, "\(fields[0])")
    }

    /// In a field's value, in the target, in a text of the body.
    private static func invalidUTF8(_ random: inout SplitMix64) -> Made {
        let wrong: [UInt8] = [
            [0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xE2, 0x82],
        ]
        .randomElement(using: &random)!
        let anchor = ["X-One: ", "/commands/receive", "LAMP"].randomElement(using: &random)!
        var bytes = good
        let text = Array(anchor.utf8)
        let place = (0..<bytes.count - text.count).first { Array(bytes[$0..<$0 + text.count]) == text }!
        if anchor == "LAMP" {
            // The body keeps its length.
            bytes.replaceSubrange(place..<place + wrong.count, with: wrong)
        } else {
            bytes.insert(contentsOf: wrong, at: place + text.count)
        }
        return (bytes, "\(wrong) behind \(anchor)", false)
    }

    private static func tooMany(_ random: inout SplitMix64) -> Made {
        let count = Int.random(in: 101...3_000, using: &random)
        let fields = (0..<count).map { "X-\($0): \($0)" } + ["Content-Length: \(body.utf8.count)"]
        return whole(MalformedRequest.head(fields: fields) + body, "\(count) fields")
    }

    private static func truncated(_ random: inout SplitMix64) -> Made {
        // Behind the body's brace there may be blanks: a body that is cut there would be a good one.
        let padded = Array(
            (MalformedRequest.head(fields: ["Content-Length: \(body.utf8.count + 8)"]) + body + "        ").utf8)
        let count = Int.random(in: 1..<padded.count, using: &random)
        return (Array(padded[..<count]), "\(count) of \(padded.count)", true)
    }

    private static func deepJSON(_ random: inout SplitMix64) -> Made {
        let depth = Int.random(in: 1_000...100_000, using: &random)
        let (open, close) = [("[", "]"), ("{\"a\":", "}")].randomElement(using: &random)!
        let deep = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        return posting(#"{"sku":"LAMP","location":"main","quantity":1,"reference":"# + deep + "}", "\(open) \(depth)")
    }

    private static func doubledName(_ random: inout SplitMix64) -> Made {
        var members = [#""sku":"LAMP""#, #""location":"main""#, #""quantity":1"#]
        members.insert(members.randomElement(using: &random)!, at: .random(in: 0...3, using: &random))
        return posting("{" + members.joined(separator: ",") + "}", "\(members)")
    }

    private static func hugeNumber(_ random: inout SplitMix64) -> Made {
        let digits = String(
            (0..<Int.random(in: 20...2_000, using: &random)).map { _ in "123456789".randomElement(using: &random)! })
        let exponent = Int.random(in: 309...100_000, using: &random)
        let number = [digits, "-" + digits, "1e\(exponent)", "-1E+\(exponent)", "1." + digits].randomElement(
            using: &random)!
        return posting(#"{"sku":"LAMP","location":"main","quantity":"# + number + "}", "\(number.prefix(30))")
    }

    private static func brokenJSON(_ random: inout SplitMix64) -> Made {
        var bytes = Array(body.utf8)
        let structural = bytes.indices.filter { "{}:,\"".utf8.contains(bytes[$0]) }
        let place = structural.randomElement(using: &random)!
        bytes.remove(at: place)
        return posting(String(decoding: bytes, as: UTF8.self), "without its byte \(place)")
    }

    private static func overlong(_ random: inout SplitMix64) -> Made {
        let count = Int.random(in: 33_000...300_000, using: &random)
        let long = String(repeating: "x", count: count)
        let text = [
            "GET /\(long) HTTP/1.1\r\nHost: shop\r\n\r\n", "GET / HTTP/1.1\r\nHost: shop\r\n\(long): 1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: shop\r\nX: \(long)\r\n\r\n", "\(long) / HTTP/1.1\r\nHost: shop\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: \(long)\r\n\r\n",
        ].randomElement(using: &random)!
        return whole(text, "\(count) bytes")
    }

    private static func noise(_ random: inout SplitMix64) -> Made {
        var bytes = random.bytes(.random(in: 1...3_000, using: &random))
        bytes[0] |= 0x80  // No method begins so.
        return (bytes, "\(bytes.count) bytes", true)
    }
}
