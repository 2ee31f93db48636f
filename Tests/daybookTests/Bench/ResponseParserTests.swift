import Testing

@testable import daybook

@Suite("What the load generator reads of an answer")
struct ResponseParserTests {
    private static let answer =
        "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\ncontent-LENGTH: 5\r\nX: y\r\n\r\nhello"

    private func take(_ text: String, _ parser: inout ResponseParser) throws -> Int? {
        try Array(text.utf8).withUnsafeBytes { try parser.take($0) }
    }

    @Test("An answer in one piece has its status, and the next one on the connection too")
    func wholeAnswers() throws {
        var parser = ResponseParser()
        #expect(try take(Self.answer, &parser) == 201)
        #expect(try take("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", &parser) == 503)
    }

    @Test("An answer cut anywhere is whole with its last byte, not before", arguments: 1..<answer.utf8.count)
    func cut(at place: Int) throws {
        var parser = ResponseParser()
        let bytes = Array(Self.answer.utf8)
        #expect(try bytes[..<place].withUnsafeBytes { try parser.take($0) } == nil)
        #expect(try bytes[place...].withUnsafeBytes { try parser.take($0) } == 201)
    }

    @Test(
        "What is no single answer with a length is refused",
        arguments: [
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n", answer + answer,
            "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        ])
    func refused(text: String) {
        var parser = ResponseParser()
        #expect(throws: ResponseParser.Failure.self) { try take(text, &parser) }
    }
}
