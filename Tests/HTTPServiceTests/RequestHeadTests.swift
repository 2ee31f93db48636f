import HTTPTypes
import Testing

@testable import HTTPService

@Suite("The head of a request is read in one way or not at all")
struct RequestHeadTests {
    private static let good = "POST /commands/x?a=1 HTTP/1.1\r\nHost: shop\r\nContent-Length: 12\r\n\r\n"

    @Test("A head says what body follows, and whether another request may")
    func good() throws {
        let (head, byteCount) = try #require(try parse(Self.good + "more"))
        #expect(head.method == .post)
        #expect(Array(Self.good.utf8)[head.path] == Array("/commands/x".utf8)[...])
        #expect(head.body == .length(12))
        #expect(head.keepsAlive)
        #expect(byteCount == Self.good.utf8.count)
        let chunked = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-ENCODING:\tChunked \r\nconnection: foo, Close\r\n\r\n"
        let other = try #require(try parse(chunked)).head
        #expect(other.body == .chunked)
        #expect(!other.keepsAlive)
    }

    @Test("It is the same however the bytes arrive")
    func piecemeal() throws {
        var parser = RequestHeadParser(ServerLimits())
        let bytes = Array(("\r\n" + Self.good).utf8)
        for count in 1..<bytes.count {
            let isComplete = try bytes[..<count].withUnsafeBytes { try parser.parse($0) }
            #expect(!isComplete, "after \(count) of \(bytes.count) bytes")
        }
        let isComplete = try bytes.withUnsafeBytes { try parser.parse($0) }
        #expect(isComplete)
        #expect(parser.byteCount == bytes.count)
        #expect(parser.head.body == .length(12))
    }

    @Test(
        "What two programs could read as two things is refused",
        arguments: [
            "Content-Length: 12\r\nContent-Length: 12", "Content-Length: 1\r\nContent-Length: 12",
            "Content-Length: 12, 12", "Content-Length: +12", "Content-Length: -1", "Content-Length: 0x1",
            "Content-Length:", "Content-Length: 1 2", "Content-Length: 9999999999999999999",
            "Transfer-Encoding: chunked\r\nContent-Length: 12", "Content-Length: 12\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity", "Transfer-Encoding: xchunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding : chunked",
            "A: b\r\n c", "A: b\r\n\tc", " A: b", "A b: c", ": b", "A", "A: b\n", "A: b\r", "A: \u{0}", "A: \u{7F}",
            "Host: other", "Content-Type: a\r\nContent-Type: b", "Idempotency-Key: a\r\nidempotency-key: b",
        ])
    func ambiguous(_ field: String) {
        #expect(problem(in: "POST / HTTP/1.1\r\nHost: shop\r\n\(field)\r\n\r\n")?.status.code == 400)
    }

    @Test(
        "A first line that is none is refused before anything follows it",
        arguments: [
            "GET /", "GET / HTTP/2.0", "GET / HTTP/1.2", "GET / http/1.1", "get / HTTP/1.1", "FROB / HTTP/1.1",
            "GET http://a/ HTTP/1.1", "GET * HTTP/1.1", "GET  HTTP/1.1", "GET  / HTTP/1.1", "GET / HTTP/1.1 ",
            "GET /a b HTTP/1.1", "GET /\u{E9} HTTP/1.1", "GET /# HTTP/1.1", "CONNECT a:1 HTTP/1.1", "PRI * HTTP/2.0",
            " GET / HTTP/1.1", "\u{16}\u{3}\u{1}",
        ])
    func firstLine(_ line: String) {
        #expect(problem(in: line + "\r\n")?.status.code == 400)
    }

    @Test("Each limit has its own answer")
    func limits() {
        #expect(problem(in: "GET /" + String(repeating: "a", count: 8_300))?.status.code == 414)
        let fields = String(repeating: "A: b\r\n", count: 101)
        #expect(problem(in: "GET / HTTP/1.1\r\n" + fields)?.status.code == 431)
        #expect(problem(in: "GET / HTTP/1.1\r\nA: " + String(repeating: "b", count: 32 << 10))?.status.code == 431)
        #expect(problem(in: "POST / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n")?.status.code == 417)
        #expect(problem(in: "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n")?.status.code == 400)
        #expect(problem(in: "GET / HTTP/1.1\r\n\r\n")?.status.code == 400)
    }

    private func parse(_ text: String) throws -> (head: RequestHead, byteCount: Int)? {
        var parser = RequestHeadParser(ServerLimits())
        let isComplete = try Array(text.utf8).withUnsafeBytes { try parser.parse($0) }
        return isComplete ? (parser.head, parser.byteCount) : nil
    }

    private func problem(in text: String) -> Problem? {
        do { _ = try parse(text) } catch { return error as? Problem }
        return nil
    }
}
