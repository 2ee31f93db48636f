import Redis
import Testing

@Suite("Redis commands", .needsRedis, .temporaryRedis, .timeLimit(.minutes(5)))
struct CommandTests {
    let server: TemporaryRedis
    let connection: Connection

    init() throws {
        server = try #require(TemporaryRedis.current)
        connection = try Connection(to: server.address)
    }

    @Test("Every byte comes back as it went, also in keys")
    func binary() throws {
        let bytes = (0...255).map { UInt8($0) } + Array("\r\n$5\r\n".utf8)
        #expect(try connection.command("SET", Argument(bytes), Argument(bytes)) == .status("OK"))
        #expect(try connection.command("GET", Argument(bytes)) == .bytes(bytes))
    }

    @Test("A value larger than any socket buffer comes back whole")
    func large() throws {
        let bytes = [UInt8](repeating: 7, count: 20_000_000)
        try connection.command(["SET", "large", Argument(bytes)], timeout: .seconds(30))
        #expect(try connection.command(["GET", "large"], timeout: .seconds(30)) == .bytes(bytes))
    }

    @Test("Text comes back as text, bytes that are no UTF-8 do not")
    func text() throws {
        try connection.command("SET", "text", "Größe 🧾")
        try connection.command("SET", "no-text", Argument([0xFF]))
        #expect(try connection.command("GET", "text").text == "Größe 🧾")
        #expect(try connection.command("GET", "no-text").text == nil)
        #expect(try connection.command("PING").text == "PONG")
    }

    @Test("Integers, arrays, nothing and empty are told apart")
    func kinds() throws {
        #expect(try connection.command("INCRBY", "count", 41) == .integer(41))
        #expect(try connection.command("DECRBY", "count", 42) == .integer(-1))
        #expect(try connection.command("GET", "absent") == .null)
        try connection.command("SET", "empty", "")
        #expect(
            try connection.command("MGET", "count", "absent", "empty")
                == .array([.bytes(Array("-1".utf8)), .null, .bytes([])])
        )
        #expect(try connection.command("LRANGE", "absent", 0, -1) == .array([]))
    }

    @Test("The wrong type is refused with its code, and the connection goes on")
    func wrongType() throws {
        try connection.command("RPUSH", "list", "one")
        let error = try #require(throws: RedisError.self) { try connection.command("GET", "list") }
        #expect(error.code == .wrongType)
        #expect(error.message.hasPrefix("Operation against"))
        #expect(try connection.command("LLEN", "list") == .integer(1))
    }

    @Test("Inside a transaction's replies an error is a value")
    func errorInArray() throws {
        try connection.command("SET", "word", "abc")
        #expect(try connection.command("MULTI") == .status("OK"))
        #expect(try connection.command("INCR", "word") == .status("QUEUED"))
        #expect(try connection.command("STRLEN", "word") == .status("QUEUED"))
        guard case .array(let replies) = try connection.command("EXEC"), case .error(let error) = replies.first else {
            Issue.record("EXEC did not answer an array that begins with an error")
            return
        }
        #expect(error.code == .error)
        #expect(replies.last == .integer(3))
    }

    @Test("A Unix socket serves as well as a port")
    func unixSocket() throws {
        let local = try Connection(to: server.socketAddress)
        #expect(try local.command("ECHO", "here") == .bytes(Array("here".utf8)))
    }

    @Test("A command over its time limit throws and closes the connection")
    func timeout() throws {
        let start = ContinuousClock.now
        let error = try #require(throws: RedisError.self) {
            try connection.command(["BLPOP", "never", 0], timeout: .milliseconds(100))
        }
        #expect(error.code == .timedOut)
        #expect(start.duration(to: .now) >= .milliseconds(100))
        #expect(!connection.isOpen)
        let next = try #require(throws: RedisError.self) { try connection.command("PING") }
        #expect(next.code == .connectionLost)
    }
}
