import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import HTTPService

/// One guarded connection without a socket and with a clock of its own, and a route that the test plays.
final class GuardedPipeline {
    let channel = EmbeddedChannel()
    let rules: ConnectionRules
    private(set) var requests: [HTTPServerRequestPart] = []

    init(
        _ limits: ServerLimits = ServerLimits(), inHand: ClosedRange<Int> = 64...1_024, refusal: Problem? = nil
    ) throws {
        rules = ConnectionRules(
            limits: limits,
            admission: Admission(.init(inHandMin: inHand.lowerBound, inHandMax: inHand.upperBound)),
            streamedPaths: ["/stream"], unshedPaths: ["/health"])
        let gate = ConnectionGuard(rules, refusal: refusal)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(gate)
        try pipeline.addHandler(HTTPResponseEncoder())
        try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
        try pipeline.addHandler(ResponseWatch(gate))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    /// Whether the parser behind the guard found a body broken off.
    private(set) var isBrokenOff = false

    func send(_ text: String) throws {
        do {
            try channel.writeInbound(ByteBuffer(string: text))
        } catch HTTPParserError.invalidEOFState {
            isBrokenOff = true
        }
        channel.read()  // As a socket does by itself, for a route that wants more.
        try read()
    }

    /// Takes what has come through since.
    @discardableResult
    func read() throws -> Self {
        while let part = try channel.readInbound(as: HTTPServerRequestPart.self) { requests.append(part) }
        return self
    }

    /// What the client got since it was last asked.
    func received() throws -> String {
        var text = ""
        while let data = try channel.readOutbound(as: IOData.self) {
            if case .byteBuffer(let buffer) = data { text += String(buffer: buffer) }
        }
        return text
    }

    /// The route answers.
    func answer(_ body: String = "ok") throws {
        try begin(length: body.utf8.count)
        try channel.writeOutbound(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: body))))
        try channel.writeOutbound(HTTPServerResponsePart.end(nil))
        channel.embeddedEventLoop.run()
        try read()
    }

    func begin(length: Int) throws {
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Content-Length": "\(length)"])
        try channel.writeOutbound(HTTPServerResponsePart.head(head))
    }

    func wait(_ seconds: Double) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

    /// The paths that came through.
    var paths: [String] {
        requests.compactMap { part in if case .head(let head) = part { head.uri } else { nil } }
    }

    /// How many requests came through as a whole.
    var ends: Int { requests.count { part in if case .end = part { true } else { false } } }

    static func get(_ path: String = "/", _ fields: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
    }

    static func post(_ path: String = "/", length: Int, _ fields: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\(fields)\r\n"
    }
}
