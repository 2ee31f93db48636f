import EventStore
import TestSupport
import Testing

@testable import CommandAPI

@Suite("Commands as a stream of lines", .serialized)
struct CommandStreamTests {
    @Test("Lines are answered in order, each with its status, mistakes in between")
    func mixed() async throws {
        try await withShop { shop in
            let lines = [
                #"{"command":"receive-stock","key":"1","body":{"sku":"LAMP","location":"main","quantity":5}}"#,
                #"{"command":"receive-stock","key":"2","body":{"sku":"LAMP","location":"main","quantity":0}}"#,
                "",
                #"{"command":"reserve-stock","key":"3","body":{"sku":"LAMP","quantity":6}}"#,
                "not json",
                "   \t\r",
                "[]",
                #"{"command":"paint","key":"4","body":{}}"#,
                #"{"command":"receive-stock","key":"5"}"#,
                #"{"command":"receive-stock","key":"6","body":{"sku":"LAMP","location":"main","quantity":1},"extra":1}"#,
                #"{"command":"receive-stock","key":"1","body":{"sku":"LAMP","location":"main","quantity":5}}"#,
                #"{"command":"receive-stock","key":"1","body":{"sku":"LAMP","location":"main","quantity":6}}"#,
                #"{"command":"add-to-cart","key":"7","body":{"sku":"GHOST","quantity":1}}"#,
                #"{"command":"receive-stock","key":"","body":{"sku":"LAMP","location":"main","quantity":5}}"#,
                #"{"command":"reserve-stock","key":"8","body":{"sku":"LAMP","quantity":5}}"#,
            ]
            let answer = try await shop.post(
                "/commands", lines.joined(separator: "\n") + "\n", type: "application/x-ndjson")
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "application/x-ndjson")
            let answers = answer.lines
            #expect(
                answers.map { $0["status"] } == [201, 422, 409, 400, 400, 404, 422, 422, 201, 409, 404, 400, 200])
            #expect(
                answers.map { $0["key"] } == ["1", "2", "3", nil, nil, "4", "5", nil, "1", "1", "7", "", "8"])
            #expect(
                answers.map { $0["code"] } == [
                    nil, "invalid_quantity", "not_enough_stock", "malformed_json", "malformed_json", "unknown_command",
                    "missing_field", "unknown_field", nil, "key_reused", "unknown_product", "invalid_text", nil,
                ])
            #expect(answers[1]["pointer"] == "/body/quantity")
            #expect(answers[6]["pointer"] == "/body")
            #expect(answers[7]["pointer"] == "/extra")
            #expect(answers[8] == answers[0])
            #expect(answers[12]["events"].each("type") == ["stock.reserved"])
            #expect(shop.store.log.head.value == 5)
        }
    }

    @Test("The last line needs no end, and an empty stream has no answers")
    func unfinished() async throws {
        try await withShop { shop in
            let line = #"{"command":"receive-stock","body":{"sku":"LAMP","location":"main","quantity":5}}"#
            let answer = try await shop.post("/commands", line + "\n" + line, type: "application/x-ndjson")
            #expect(answer.lines.map { $0["status"] } == [201, 200])
            for empty in ["", "\n", "\n\n \r\n"] {
                let answer = try await shop.leavingNoTrace("nothing") {
                    try await shop.post("/commands", empty, type: "application/x-ndjson")
                }
                #expect(answer.status == 200)
                #expect(answer.body.isEmpty)
            }
        }
    }

    @Test("A line which is too long is refused, and those around it are taken")
    func tooLong() async throws {
        try await withShop { shop in
            let line = #"{"command":"receive-stock","body":{"sku":"LAMP","location":"main","quantity":5}}"#
            let most = line + String(repeating: " ", count: CommandAPI.bodyBytesMax - line.utf8.count)
            let stream = [line, most + " ", line, most, String(repeating: "x", count: 3 << 20), line]
            let answer = try await shop.post("/commands", stream.joined(separator: "\n"), type: "application/x-ndjson")
            #expect(answer.lines.map { $0["status"] } == [201, 413, 200, 200, 413, 200])
            #expect(answer.lines[1]["code"] == "body_too_large")
            #expect(shop.store.log.head.value == 7)
        }
    }

    @Test("Another content type is refused")
    func contentType() async throws {
        try await withShop { shop in
            let line = #"{"command":"receive-stock","body":{"sku":"LAMP","location":"main","quantity":5}}"#
            for type in ["application/json", "text/plain", nil] {
                try await shop.expectProblem(415, "unsupported_media_type", "\(type ?? "none")") {
                    try await shop.post("/commands", line, type: type)
                }
            }
        }
    }

    @Test("A client may read the answer to a line before it sends the next")
    func interactive() async throws {
        try await withShop { shop in
            let connection = try Connection(port: shop.commands.port)
            try await connection.send(
                "POST /commands HTTP/1.1\r\nHost: shop\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            for quantity in 1...20 {
                let line =
                    #"{"command":"receive-stock","key":"\#(quantity)","body":{"sku":"LAMP","location":"main","quantity":1}}"#
                    + "\n"
                // In two pieces: a line ends where it ends, not where a chunk does.
                for piece in [line.prefix(30), line.dropFirst(30)] {
                    try await connection.send("\(String(piece.utf8.count, radix: 16))\r\n\(piece)\r\n")
                }
                if quantity == 1 { #expect(try await connection.head().status == 200) }
                let answer = try JSONValue(parsing: try #require(try await connection.chunk()))
                #expect(answer["key"].text == String(quantity))
                #expect(answer["position"].number == Int64(quantity + 3))
            }
            try await connection.send("0\r\n\r\n")
            #expect(try await connection.chunk() == nil)
        }
    }

    @Test("Twenty thousand lines in one request are answered one by one")
    func many() async throws {
        try await withShop { shop in
            let count = 20_000
            let line = #"{"command":"receive-stock","body":{"sku":"LAMP","location":"main","quantity":1}}"# + "\n"
            let answer = try await shop.post(
                "/commands", String(repeating: line, count: count), type: "application/x-ndjson")
            let answers = answer.body.split(separator: UInt8(ascii: "\n"))
            #expect(answers.count == count)
            #expect(shop.store.log.head.value == UInt64(count + 3))
            for (index, answer) in answers.enumerated() where index % 500 == 0 {
                #expect(try JSONValue(parsing: answer)["position"].number == Int64(index + 4))
            }
            let events = try await shop.request(
                "GET", "/events?type=order.placed", port: shop.queries.port, ["Accept": "application/x-ndjson"])
            #expect(events.status == 200)
            #expect(events.body.isEmpty, "nothing matches, however far the log goes on")
        }
    }

    @Test("A line is answered as the command alone would be")
    func equalsSingle() async throws {
        let commands = [
            ("receive-stock", #"{"sku":"LAMP","location":"main","quantity":5}"#),
            ("add-to-cart", #"{"cart":"C1","sku":"LAMP","quantity":2}"#),
            ("add-to-cart", #"{"cart":"C1","sku":"GHOST","quantity":2}"#),
            ("add-to-cart", #"{"cart":"C1","sku":"LAMP"}"#), ("adjust-stock", "{}"), ("unknown", "{}"),
            ("change-price", #"{"sku":"LAMP","price":{"amount":"3","currency":"GBP"}}"#),
            ("release-stock", #"{"sku":"LAMP","reservation":"none"}"#),
            (
                "record-bad-debt",
                #"{"document":"B","code":"POST","quantity":1,"unitPrice":{"amount":"-1","currency":"GBP"}}"#
            ),
        ]
        let alone = try await withShop { shop in
            var answers: [JSONValue] = []
            for (name, body) in commands { answers.append(try await shop.command(name, body).json) }
            return answers
        }
        let streamed = try await withShop { shop in
            let lines = commands.map { #"{"command":"\#($0)","key":"\#($0)\#($1.utf8.count)","body":\#($1)}"# }
            return try await shop.post("/commands", lines.joined(separator: "\n"), type: "application/x-ndjson").lines
        }
        #expect(streamed.count == commands.count)
        for (line, single) in zip(streamed, alone) {
            // The status stands in the line because the response has one for all; pointers begin at the line.
            #expect(line.without("key", "status", "pointer") == single.without("status", "pointer"))
            if let pointer = single["pointer"].text { #expect(line["pointer"].text == "/body" + pointer) }
        }
    }
}

@Suite("A stream of bytes is cut into lines")
struct LineSplitterTests {
    @Test("Lines are the same however the bytes arrive")
    func chunks() {
        let text = "one\ntwo\r\n\n  \nthree is longer than ten\nfour\n\n12345678901\n1234567890\nlast"
        let bytes = Array(text.utf8)
        let expected = ["one", "two\r", nil, "four", nil, "1234567890", "last"]
        for size in 1...bytes.count {
            var splitter = LineSplitter(lineBytesMax: 10)
            var lines: [String?] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                lines += splitter.split(bytes[start..<min(start + size, bytes.count)]).lines
            }
            lines += splitter.finish().lines
            #expect(lines == expected, "in pieces of \(size)")
        }
    }
}

extension Frames {
    /// Nil for a line which is too long.
    fileprivate var lines: [String?] {
        frames.map { frame in
            if case .whole(let range) = frame { String(decoding: bytes[range], as: UTF8.self) } else { nil }
        }
    }
}
