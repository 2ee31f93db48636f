/// Requests that no server may take: broken, ambiguous, boundless or not HTTP at all. Six hundred of them, from fixed cases
/// and from rules that vary by chance; the same seed gives the same.
///
/// Wherever one could be taken for a command, the command is a good one: to accept it would show in the log.
package struct MalformedRequest: Sendable {
    package let name: String
    package let bytes: [UInt8]
    /// Whether the client says that nothing more will come, because the server would rightly wait for it.
    package let endsEarly: Bool

    package static let count = 600

    /// A command that would be accepted.
    package static let body = #"{"sku":"LAMP","location":"main","quantity":1}"#

    package static func all() -> [MalformedRequest] {
        var random = SplitMix64.of("malformed requests")
        var requests = fixed
        var round = 0
        while requests.count < count {
            for rule in MalformedRequestRules.all where requests.count < count {
                let made = rule.make(&random)
                requests.append(
                    MalformedRequest(
                        name: "\(rule.name) \(round): \(made.about)", bytes: made.bytes, endsEarly: made.endsEarly))
            }
            round += 1
        }
        return requests
    }
}

// MARK: Fixed cases

extension MalformedRequest {
    private static let fixed: [MalformedRequest] =
        lengths.map { request("length", head(fields: $0) + body) }
        + chunks.map { request("chunks", head(fields: ["Transfer-Encoding: chunked"]) + $0) }
        + firstLines.map { request("first line", $0 + "\r\nHost: shop\r\n\r\n") }
        + fields.map { request("field", head(fields: ["Content-Length: \(body.utf8.count)", $0]) + body) }
        + targets.map { request("target", "GET \($0) HTTP/1.1\r\nHost: shop\r\n\r\n") }
        + bodies.map { request("body", head(fields: ["Content-Length: \($0.utf8.count)"]) + $0) }
        + strangers.map { MalformedRequest(name: "stranger \($0.prefix(8))", bytes: $0, endsEarly: true) }

    private static func request(_ kind: String, _ text: String) -> MalformedRequest {
        MalformedRequest(
            name: "\(kind): \(text.debugDescription.prefix(200))", bytes: Array(text.utf8), endsEarly: false)
    }

    static func head(fields: [String], type: String = "application/json") -> String {
        (["POST /commands/receive-stock HTTP/1.1", "Host: shop", "Content-Type: \(type)"] + fields)
            .joined(separator: "\r\n") + "\r\n\r\n"
    }

    private static let size = body.utf8.count

    private static let lengths: [[String]] = [
        ["Content-Length: \(size)", "Content-Length: \(size)"], ["Content-Length: \(size)", "Content-Length: 0"],
        ["Content-Length: 0", "Content-Length: \(size)"], ["Content-Length: \(size), \(size)"],
        ["Content-Length: \(size),0"], ["Content-Length: +\(size)"], ["Content-Length: -\(size)"],
        ["Content-Length: 0x2d"], ["Content-Length: \(size).0"], ["Content-Length: \(size)e0"], ["Content-Length: "],
        ["Content-Length: \(size) \(size)"], ["Content-Length: 18446744073709551661"],
        ["Content-Length: 99999999999999999999999999"], ["Content-Length: ٤٥"], ["Content-Length : \(size)"],
        ["Content-Length\t: \(size)"], ["Content-Length: \(size)", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Content-Length: \(size)"], ["Transfer-Encoding: xchunked"],
        ["Transfer-Encoding: identity", "Content-Length: \(size)"], ["Transfer-Encoding: gzip, chunked"],
        ["Transfer-Encoding: chunked, identity"], ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
        ["Transfer-Encoding : chunked"], ["Transfer-Encoding: \"chunked\""], ["Transfer-Encoding: chunked;a=b"],
        ["Transfer-Encoding:\u{B}chunked"], ["Transfer_Encoding: chunked", "Content-Length: 1", "Content-Length: 2"],
    ]

    private static let chunks = [
        "g\r\n", "-2d\r\n\(body)\r\n0\r\n\r\n", "+2d\r\n\(body)\r\n0\r\n\r\n", "0x2d\r\n\(body)\r\n0\r\n\r\n",
        " 2d\r\n\(body)\r\n0\r\n\r\n", "2d \r\n\(body)\r\n0\r\n\r\n", "2d\n\(body)\n0\n\n", "2d\r\n\(body)0\r\n\r\n",
        "2c\r\n\(body)\r\n0\r\n\r\n", "2e\r\n\(body)\r\n0\r\n\r\n", "fffffffffffffff2d\r\n\(body)\r\n0\r\n\r\n",
        "10000002d\r\n\(body)\r\n0\r\n\r\n", "2d\r\n\(body)\r\n0\r\nTrailer: a\r\n\r\n", "2d\r\n\(body)\r\n0\n\r\n",
        "2d\r\n\(body)\r\n\r\n", ";a\r\n\(body)\r\n0\r\n\r\n", "\r\n2d\r\n\(body)\r\n0\r\n\r\n",
        "2d;\(String(repeating: "a", count: 5_000))\r\n\(body)\r\n0\r\n\r\n", "2d;a\u{0}\r\n\(body)\r\n0\r\n\r\n",
        "2d,\r\n\(body)\r\n0\r\n\r\n", "2D_\r\n\(body)\r\n0\r\n\r\n", "ffffffff\r\n\(body)\r\n0\r\n\r\n",
    ]

    private static let firstLines = [
        "GET /health", "GET /health HTTP/0.9", "GET /health HTTP/2.0", "GET /health HTTP/3", "GET /health HTTP/1.2",
        "GET /health HTTP/11", "GET /health HTTP/1,1", "GET /health http/1.1", "GET /health HTTP/1.1 ",
        "GET /health  HTTP/1.1", "GET  /health HTTP/1.1", " GET /health HTTP/1.1", "\tGET /health HTTP/1.1",
        "GET\t/health\tHTTP/1.1", "get /health HTTP/1.1", "GeT /health HTTP/1.1", "G@T /health HTTP/1.1",
        "/health HTTP/1.1", "HTTP/1.1", "", "GET", "CONNECT shop:80 HTTP/1.1", "TRACE / HTTP/1.1",
        "PRI * HTTP/2.0", "FROB /health HTTP/1.1", "GET /health HTTP/1.1 HTTP/1.1", "GET /health HTTP/-1.1",
    ]

    private static let fields = [
        "Host: other", "host: shop", "A: b\r\n c", "A: b\r\n\tc", "A : b", "A b: c", ": b", "A", "(A): b", "A\u{0}: b",
        "A: b\u{0}c", "A: b\u{1B}c", "A: b\u{7F}c", "A: b\rc", "A: b\nB: c", "\u{E9}: b", "A[]: b", "A: b\r\n \r\nB: c",
        "Expect: 200-ok", "Content-Type: text/plain", "If-Match: 1", "If-Match: \"a\"",
        "If-Match: \"1\"\r\nIf-Match: \"2\"",
        "Idempotency-Key: a\r\nIdempotency-Key: b", "Idempotency-Key: ",
        "X-Big: " + String(repeating: "x", count: 40_000),
        "Idempotency-Key: " + String(repeating: "k", count: 129),
    ]

    private static let targets = [
        "http://shop/health", "http://other/health", "//shop/health#", "shop/health", "*", "health", "/health#a",
        "/a\u{0}b", "/caf\u{E9}", "/health?\u{7F}", "/" + String(repeating: "a", count: 9_000),
        "/" + String(repeating: "a", count: 100_000), "/commands/../health", "/%zz", "/%", "/%ff%fe", "/%c0%af",
        "/commands/%00", "/\\health", "?health", "/..%2f..%2fetc%2fpasswd",
    ]

    private static let bodies = [
        String(repeating: "[", count: 100_000), String(repeating: #"{"a":"#, count: 100_000),
        String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000),
        #"{"sku":"LAMP","location":"main","quantity":1,"quantity":1}"#,
        #"{"sku":"LAMP","sku":"LAMP","location":"main","quantity":1}"#,
        #"{"sku":"LAMP","\u0073ku":"LAMP","location":"main","quantity":1}"#,
        #"{"sku":"LAMP","location":"main","quantity":1e400}"#, #"{"sku":"LAMP","location":"main","quantity":-1e400}"#,
        #"{"sku":"LAMP","location":"main","quantity":1e-400}"#, #"{"sku":"LAMP","location":"main","quantity":0.5}"#,
        #"{"sku":"LAMP","location":"main","quantity":9223372036854775808}"#,
        #"{"sku":"LAMP","location":"main","quantity":"# + String(repeating: "9", count: 10_000) + "}",
        #"{"sku":"LAMP","location":"main","quantity":01}"#, #"{"sku":"LAMP","location":"main","quantity":+1}"#,
        #"{"sku":"LAMP","location":"main","quantity":0x1}"#, #"{"sku":"LAMP","location":"main","quantity":.1}"#,
        #"{"sku":"LAMP","location":"main","quantity":1.}"#, #"{"sku":"LAMP","location":"main","quantity":NaN}"#,
        #"{"sku":"LAMP","location":"main","quantity":Infinity}"#, #"{"sku":"LAMP","location":"main","quantity":"1"}"#,
        #"{"sku":"LAMP","location":"main","quantity":true}"#, #"{"sku":"LAMP","location":"main","quantity":null}"#,
        #"{"sku":"LAMP","location":"main","quantity":1,}"#, #"{"sku":"LAMP","location":"main","quantity":1"#,
        #"{"sku":"LAMP","location":"main","quantity":1}}"#, #"{"sku":"LAMP","location":"main","quantity":1}{}"#,
        #"{'sku':'LAMP','location':'main','quantity':1}"#, #"{sku:"LAMP",location:"main",quantity:1}"#,
        #"{"sku":"LAMP","location":"main","quantity":1/* one */}"#,
        #"{"sku":"LA\ud800MP","location":"main","quantity":1}"#,
        #"{"sku":"LA\u0000MP","location":"main","quantity":1}"#, #"{"sku":"LA\xMP","location":"main","quantity":1}"#,
        "{\"sku\":\"LA\u{0}MP\",\"location\":\"main\",\"quantity\":1}",
        "{\"sku\":\"LA\nMP\",\"location\":\"main\",\"quantity\":1}", "", " ", "null", "[]", "\"\"", "1", "{}", "{",
    ]

    private static let strangers: [[UInt8]] = [
        Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0],
        [0x16, 3, 1, 0, 0xA5, 1, 0, 0, 0xA1, 3, 3] + [UInt8](repeating: 7, count: 160),
        Array("SSH-2.0-OpenSSH_9.2\r\n".utf8), Array("EHLO shop\r\n".utf8), Array("GET /health\r\n".utf8),
        Array("PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\nGET /health HTTP/1.1\r\nHost: shop\r\n\r\n".utf8),
        Array("\r\n\r\n\u{0}\r\nQUIT\n".utf8), Array("*1\r\n$4\r\nPING\r\n".utf8), [0], [0xFF, 0xFE], Array("\n".utf8),
        Array("{\"sku\":\"LAMP\"}".utf8), Array("\r\n\r\n\r\n\r\n".utf8), [UInt8](repeating: 0x41, count: 70_000),
    ]
}
