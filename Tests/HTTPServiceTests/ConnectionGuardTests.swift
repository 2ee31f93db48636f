import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import HTTPService

@Suite("The guard of a connection")
struct ConnectionGuardTests {
    private typealias Pipeline = GuardedPipeline

    @Test("A good request passes unchanged, and the connection takes another after its answer")
    func passes() throws {
        let pipeline = try Pipeline()
        try pipeline.send(Pipeline.post("/a", length: 3) + "abc")
        try pipeline.answer()
        #expect(try pipeline.received().hasSuffix("\r\n\r\nok"))
        try pipeline.send(Pipeline.get("/b"))
        #expect(pipeline.paths == ["/a", "/b"])
        #expect(pipeline.ends == 2)
    }

    @Test("Requests sent ahead wait for their turn")
    func pipelining() throws {
        let pipeline = try Pipeline()
        try pipeline.send(Pipeline.get("/a") + Pipeline.post("/b", length: 1) + "x" + Pipeline.get("/c"))
        #expect(pipeline.paths == ["/a"])
        try pipeline.answer()
        #expect(pipeline.paths == ["/a", "/b"])
        try pipeline.answer()
        try pipeline.answer()
        #expect(pipeline.paths == ["/a", "/b", "/c"])
        #expect(pipeline.ends == 3)
    }

    @Test("Nothing of a malformed request passes, and it is answered 400 and the connection closed")
    func malformed() throws {
        let pipeline = try Pipeline()
        try pipeline.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc")
        #expect(pipeline.requests.isEmpty)
        let answer = try pipeline.received()
        #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        #expect(answer.contains("Connection: close\r\n"))
        #expect(answer.contains("malformed_request"))
        try pipeline.send(Pipeline.get())
        #expect(pipeline.requests.isEmpty)
        pipeline.wait(4)
        #expect(!pipeline.channel.isActive)
    }

    @Test("A body that is no good after a good head ends the connection with 400, and never ends for the route")
    func badBody() throws {
        let pipeline = try Pipeline()
        try pipeline.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        try pipeline.send("zzz\r\n")
        #expect(try pipeline.received().hasPrefix("HTTP/1.1 400"))
        #expect(pipeline.paths == ["/"])
        #expect(pipeline.isBrokenOff)
        #expect(pipeline.ends == 0)
    }

    @Test("After a response has begun, there is no other answer: the connection is cut")
    func begun() throws {
        let pipeline = try Pipeline()
        try pipeline.send("POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        try pipeline.begin(length: 100)
        _ = try pipeline.received()
        try pipeline.send("zzz\r\n")
        #expect(try pipeline.received().isEmpty)
        #expect(!pipeline.channel.isActive)
    }

    @Test("A head that takes too long is answered 408, however steadily it drips")
    func slowHead() throws {
        let pipeline = try Pipeline()
        for byte in Pipeline.get().prefix(9) {
            try pipeline.send(String(byte))
            pipeline.wait(1)
        }
        #expect(try pipeline.received().isEmpty)
        pipeline.wait(3)
        #expect(try pipeline.received().hasPrefix("HTTP/1.1 408"))
        pipeline.wait(4)
        #expect(!pipeline.channel.isActive)
    }

    @Test("A body that takes too long is answered 408, however steadily it drips")
    func slowBody() throws {
        let pipeline = try Pipeline()
        try pipeline.send(Pipeline.post(length: 100))
        for _ in 0..<29 {
            try pipeline.send("x")
            pipeline.wait(1)
        }
        #expect(try pipeline.received().isEmpty)
        pipeline.wait(3)
        #expect(try pipeline.received().hasPrefix("HTTP/1.1 408"))
        #expect(pipeline.ends == 0)
    }

    @Test("A stream lasts as long as it brings enough, and is cut once it does not")
    func slowStream() throws {
        let pipeline = try Pipeline()
        try pipeline.send(Pipeline.post("/stream", length: 1 << 40))
        for _ in 0..<60 {
            try pipeline.send(String(repeating: "x", count: 200))
            pipeline.wait(1)
        }
        #expect(pipeline.channel.isActive)
        #expect(try pipeline.received().isEmpty)
        for _ in 0..<25 where pipeline.channel.isActive {
            try pipeline.send("x")
            pipeline.wait(1)
        }
        #expect(try pipeline.received().hasPrefix("HTTP/1.1 408"))
    }

    @Test("A connection between two requests is closed after its time, one that awaits its answer is not")
    func idle() throws {
        let pipeline = try Pipeline()
        try pipeline.send(Pipeline.get())
        pipeline.wait(600)
        #expect(pipeline.channel.isActive)
        try pipeline.answer()
        pipeline.wait(59)
        #expect(pipeline.channel.isActive)
        pipeline.wait(3)
        #expect(!pipeline.channel.isActive)
    }

    @Test("A body that is too large is refused before it is sent")
    func tooLarge() throws {
        let pipeline = try Pipeline()
        try pipeline.send(Pipeline.post(length: 1 << 20 + 1))
        #expect(try pipeline.received().hasPrefix("HTTP/1.1 413"))
        #expect(pipeline.requests.isEmpty)
    }

    @Test("One request more than may be in hand is answered 503 with Retry-After, and the connection goes on")
    func shed() throws {
        let pipeline = try Pipeline(inHand: 1...1)
        let other = pipeline.rules.admission.enter(at: .now())
        try pipeline.send(Pipeline.post(length: 3) + "ab")
        #expect(try pipeline.received() == "")
        pipeline.wait(0.002)
        let answer = try pipeline.received()
        #expect(answer.hasPrefix("HTTP/1.1 503"))
        #expect(answer.contains("\r\nretry-after: 1\r\n") || answer.contains("\r\nRetry-After: 1\r\n"))
        #expect(!answer.contains("Connection: close"))
        try pipeline.send("c" + Pipeline.get("/health"))
        #expect(pipeline.paths == ["/health"])
        try pipeline.answer()
        pipeline.rules.admission.leave(other, at: .now())
        try pipeline.send(Pipeline.get("/next"))
        #expect(pipeline.paths == ["/health", "/next"])
        #expect(pipeline.rules.admission.state.inHand == 1)
        try pipeline.answer()
        #expect(pipeline.rules.admission.state.inHand == 0)
    }

    @Test("Requests behind a refused one are answered in order, though the client says that it has no more to ask")
    func shedPipelined() throws {
        let pipeline = try Pipeline(inHand: 1...1)
        let other = pipeline.rules.admission.enter(at: .now())
        try pipeline.send(Pipeline.get("/a") + Pipeline.get("/health") + Pipeline.get("/b"))
        pipeline.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(pipeline.paths.isEmpty)
        pipeline.wait(0.002)
        #expect(try pipeline.received().hasPrefix("HTTP/1.1 503"))
        #expect(try pipeline.read().paths == ["/health"])
        pipeline.rules.admission.leave(other, at: .now())
        try pipeline.answer()
        #expect(pipeline.paths == ["/health", "/b"])
    }

    @Test("A client that went away before it was refused is told nothing, and holds up nobody")
    func shedAndGone() throws {
        let pipeline = try Pipeline(inHand: 1...1)
        let other = pipeline.rules.admission.enter(at: .now())
        try pipeline.send(Pipeline.get())
        _ = try pipeline.channel.finish()
        pipeline.wait(0.002)
        #expect(try pipeline.received() == "")
        pipeline.rules.admission.leave(other, at: .now())
        #expect(pipeline.rules.admission.state.inHand == 0)
    }

    @Test("While the server stops the request in hand is answered as the last of its connection")
    func quiescing() throws {
        let pipeline = try Pipeline()
        try pipeline.send(Pipeline.get("/a") + Pipeline.get("/b"))
        pipeline.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        try pipeline.answer()
        let answer = try pipeline.received()
        #expect(answer.hasPrefix("HTTP/1.1 200"))
        #expect(answer.contains("Connection: close"))
        #expect(pipeline.paths == ["/a"])
        pipeline.wait(4)
        #expect(!pipeline.channel.isActive)
    }

    @Test("A request is in hand once its body is there: who is slow to send one takes nobody's place")
    func slowBodyTakesNoPlace() throws {
        let pipeline = try Pipeline(inHand: 1...1)
        try pipeline.send(Pipeline.post(length: 3) + "ab")
        #expect(pipeline.rules.admission.state.inHand == 0)
        try pipeline.send("c")
        #expect(pipeline.rules.admission.state.inHand == 1)
        try pipeline.answer()
        #expect(pipeline.rules.admission.state.inHand == 0)
    }

    @Test("A request whose client went away is no longer in hand")
    func gone() throws {
        let pipeline = try Pipeline(inHand: 1...1)
        try pipeline.send(Pipeline.get())
        #expect(pipeline.rules.admission.state.inHand == 1)
        try pipeline.channel.close().wait()
        #expect(pipeline.rules.admission.state.inHand == 0)
    }

    @Test("A connection which is one too many is told so and closed, and nothing of it passes")
    func oneTooMany() throws {
        let pipeline = try Pipeline(refusal: ConnectionRules.tooManyConnections)
        try pipeline.send(Pipeline.get())
        let answer = try pipeline.received()
        #expect(answer.hasPrefix("HTTP/1.1 503"))
        #expect(answer.contains("too_many_connections"))
        #expect(pipeline.requests.isEmpty)
        pipeline.wait(4)
        #expect(!pipeline.channel.isActive)
    }

    @Test("A client that waits for leave to send its body gets it, unless the body is refused")
    func leave() throws {
        let pipeline = try Pipeline()
        try pipeline.send(Pipeline.post(length: 3, "Expect: 100-continue\r\n"))
        #expect(try pipeline.received() == "HTTP/1.1 100 Continue\r\n\r\n")
        try pipeline.send("abc")
        #expect(pipeline.ends == 1)
        let other = try Pipeline()
        try other.send(Pipeline.post(length: 1 << 30, "Expect: 100-continue\r\n"))
        #expect(try other.received().hasPrefix("HTTP/1.1 413"))
    }

    @Test("A wish for another protocol is passed over, and the connection stays what it is")
    func upgrade() throws {
        let pipeline = try Pipeline()
        let fields = "Upgrade: h2c\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        try pipeline.send(Pipeline.post("/a", length: 3, fields) + "abc")
        #expect(pipeline.ends == 1)
        try pipeline.answer()
        try pipeline.send(Pipeline.get("/b"))
        #expect(pipeline.paths == ["/a", "/b"])
    }

    @Test("A connection which its client wants closed is closed behind the answer")
    func close() throws {
        for head in [Pipeline.get("/", "Connection: Close\r\n"), "GET / HTTP/1.0\r\n\r\n"] {
            let pipeline = try Pipeline()
            try pipeline.send(head)
            try pipeline.answer()
            #expect(try pipeline.received().lowercased().contains("connection: close\r\n"))
            pipeline.wait(4)
            #expect(!pipeline.channel.isActive)
        }
    }

    @Test("A connection that ends within a request has made none")
    func truncated() throws {
        for text in ["GET / HT", Pipeline.post(length: 3) + "ab"] {
            let pipeline = try Pipeline()
            try pipeline.send(text)
            pipeline.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            #expect(try pipeline.received().hasPrefix("HTTP/1.1 400"))
            #expect(pipeline.ends == 0)
        }
    }

    @Test("A request that is answered before its body has come is not answered again when the body never does")
    func answeredEarly() throws {
        let pipeline = try Pipeline()
        try pipeline.send(Pipeline.post(length: 100))
        try pipeline.answer()
        #expect(try pipeline.received().hasSuffix("ok"))
        pipeline.wait(32)
        #expect(try pipeline.received().isEmpty)
        #expect(!pipeline.channel.isActive)
    }
}
