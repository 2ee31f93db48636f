import Foundation
import Redis
import TestTools
import Testing

@Suite("Redis gone or silent", .timeLimit(.minutes(5)))
struct LostServerTests {
    @Test("A server that ends in the middle of a command is an error, not a hang", .needsRedis)
    func shutDown() throws {
        let server = try TemporaryRedis.start()
        defer { server.stop() }
        let connection = try Connection(to: server.address, commandTimeout: .seconds(30))
        let error = try #require(throws: RedisError.self) { try connection.command("SHUTDOWN", "NOSAVE") }
        #expect(error.code == .connectionLost)
        #expect(!connection.isOpen)
    }

    @Test("A killed server is an error, on a port and on a Unix socket, whatever was to be sent", .needsRedis)
    func killed() throws {
        let server = try TemporaryRedis.start()
        defer { server.stop() }
        let connections = try [server.address, server.socketAddress, server.address].map {
            try Connection(to: $0, commandTimeout: .seconds(30))
        }
        let information = try #require(try connections[0].command("INFO", "server").text)
        let identifier = try #require(information.firstMatch(of: /process_id:(\d+)/).flatMap { pid_t($0.1) })
        #expect(kill(identifier, SIGKILL) == 0)
        let large = Argument([UInt8](repeating: 0, count: 10_000_000))
        for (connection, command) in zip(connections, [["PING"], ["PING"], ["SET", "large", large]]) {
            let error = try #require(throws: RedisError.self) { try connection.command(command) }
            #expect(error.code == .connectionLost)
            #expect(!connection.isOpen)
        }
    }

    @Test("A closed port is refused at once, by a message that names it")
    func closedPort() throws {
        let closed = LocalSocket(listening: false)
        let error = try #require(throws: RedisError.self) {
            _ = try Connection(to: .tcp(host: "127.0.0.1", port: closed.port), connectTimeout: .seconds(5))
        }
        #expect(error.code == .unableToConnect)
        #expect(error.message.contains("127.0.0.1:\(closed.port)"))
        #expect(error.message.contains("refused"))
    }

    @Test("A Unix socket that is not there is refused by a message that names it")
    func absentSocket() throws {
        let error = try #require(throws: RedisError.self) { _ = try Connection(to: .unix(path: "/nowhere/socket")) }
        #expect(error.code == .unableToConnect)
        #expect(error.message.contains("/nowhere/socket"))
    }

    @Test("A server that accepts and never answers is given up when the time is over")
    func silent() throws {
        let silent = LocalSocket(listening: true)
        let connection = try Connection(
            to: .tcp(host: "127.0.0.1", port: silent.port),
            commandTimeout: .milliseconds(100)
        )
        let error = try #require(throws: RedisError.self) { try connection.command("PING") }
        #expect(error.code == .timedOut)
        #expect(!connection.isOpen)
    }

    @Test("A server that is never there to read is given up when the time is over")
    func neverReads() throws {
        let silent = LocalSocket(listening: true)
        let connection = try Connection(
            to: .tcp(host: "127.0.0.1", port: silent.port),
            commandTimeout: .milliseconds(200)
        )
        let large = Argument([UInt8](repeating: 0, count: 50_000_000))
        let error = try #require(throws: RedisError.self) { try connection.command("SET", "large", large) }
        #expect(error.code == .timedOut)
    }
}
