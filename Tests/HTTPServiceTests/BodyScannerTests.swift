import TestTools
import Testing

@testable import HTTPService

@Suite("The end of a body is where it says")
struct BodyScannerTests {
    @Test("Chunks end at the last of them, in whatever pieces they arrive")
    func chunks() throws {
        let body = Array("5\r\nhello\r\n00A;name=\"x\"\r\n0123456789\r\n0\r\n\r\n".utf8)
        var random = SplitMix64.of("chunks")
        for _ in 0..<50 {
            var scanner = try BodyScanner(.chunked, bytesMax: 100)
            var rest = body[...]
            while !rest.isEmpty {
                let piece = rest.prefix(.random(in: 1...9, using: &random))
                let count = try piece.withUnsafeBytes { try scanner.take($0) }
                #expect(count == piece.count)
                rest = rest.dropFirst(count)
                #expect(scanner.isComplete == rest.isEmpty)
            }
        }
    }

    @Test("What follows a body is left alone", arguments: [RequestHead.Body.length(3), .chunked])
    func rest(_ kind: RequestHead.Body) throws {
        var scanner = try BodyScanner(kind, bytesMax: nil)
        let body = kind == .chunked ? "3\r\nabc\r\n0\r\n\r\n" : "abc"
        let count = try Array((body + "GET /").utf8).withUnsafeBytes { try scanner.take($0) }
        #expect(count == body.utf8.count)
        #expect(scanner.isComplete)
    }

    @Test(
        "Chunks in any other form are refused",
        arguments: [
            "g\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", " 1\r\n", "1 \r\n", "\r\n", "1\n", "1\r1", "1\r\na\n",
            "1\r\nab\r\n",
            "123456789\r\n", "1;\u{0}\r\n", "1;" + String(repeating: "a", count: 200), "0\r\nA: b\r\n\r\n", "0\r\n\n",
        ])
    func malformed(_ text: String) throws {
        var scanner = try BodyScanner(.chunked, bytesMax: nil)
        #expect(throws: Problem.self) { try Array(text.utf8).withUnsafeBytes { try scanner.take($0) } }
    }

    @Test("A body above the limit is refused at its announcement")
    func tooLarge() throws {
        #expect(throws: Problem.self) { try BodyScanner(.length(11), bytesMax: 10) }
        var scanner = try BodyScanner(.chunked, bytesMax: 10)
        _ = try Array("6\r\n012345\r\n".utf8).withUnsafeBytes { try scanner.take($0) }
        #expect(throws: Problem.self) { try Array("5\r\n".utf8).withUnsafeBytes { try scanner.take($0) } }
    }
}
