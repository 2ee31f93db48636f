import Foundation
import Postgres
import TestServers
import Testing

/// A test that kills a backend has a server for itself: Postgres then ends all other sessions too.
@Suite("Postgres gone or silent", .needsPostgres, .temporaryPostgres, .timeLimit(.minutes(5)))
struct LostServerTests {
    let server: TemporaryPostgres

    init() throws {
        server = try #require(TemporaryPostgres.current)
    }

    @Test("A statement over its time limit is cancelled by the server, and the connection goes on")
    func statementTimeout() throws {
        let connection = try connect(.init(statementTimeout: .milliseconds(50)))
        let error = try #require(throws: PostgresError.self) { try connection.query("SELECT pg_sleep(3600)") }
        #expect(error.sqlState == .queryCanceled)
        #expect(try connection.query("SELECT 1").count == 1)
    }

    @Test("A server that falls silent is given up after the time limit, and the connection is closed")
    func silentServer() throws {
        let connection = try connect(
            .init(statementTimeout: .milliseconds(100), networkAllowance: .milliseconds(100))
        )
        let backend = try backendIdentifier(connection)
        #expect(kill(backend, SIGSTOP) == 0)
        defer { kill(backend, SIGCONT) }
        let error = try #require(throws: PostgresError.self) { try connection.query("SELECT 1") }
        #expect(error.sqlState == .connectionFailure)
        #expect(error.message.contains("silent"))
        #expect(!connection.isOpen)
        let next = try #require(throws: PostgresError.self) { try connection.query("SELECT 1") }
        #expect(next.sqlState == .connectionDoesNotExist)
    }

    @Test("A session ended by an administrator says so")
    func terminated() throws {
        let connection = try connect()
        let error = try #require(throws: PostgresError.self) {
            try connection.query("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(3600)")
        }
        #expect(error.sqlState == .adminShutdown)
        #expect(error.sqlState.isConnectionFailure)
        #expect(!connection.isOpen)
    }

    @Test("A server killed in the middle of a statement is an error, not a hang", .temporaryPostgres)
    func killedInStatement() throws {
        let connection = try connect()
        let error = try #require(throws: PostgresError.self) {
            try connection.query("COPY (SELECT 1) TO PROGRAM 'kill -9 $PPID'")
        }
        #expect(error.sqlState.isConnectionFailure)
        #expect(!connection.isOpen)
    }

    @Test("A server killed in the middle of a COPY is an error, not a hang", .temporaryPostgres)
    func killedInCopy() throws {
        let connection = try connect()
        let backend = try backendIdentifier(connection)
        try connection.execute("CREATE TEMPORARY TABLE event (position bigint, stream text)")
        let error = try #require(throws: PostgresError.self) {
            try connection.copyIn("COPY event FROM STDIN") { writer in
                for position in Int64(1)...200_000 {
                    if position == 100_000 { kill(backend, SIGKILL) }
                    try writer.write([.integer(position), "order-1"])
                }
            }
        }
        #expect(error.sqlState.isConnectionFailure)
        #expect(!connection.isOpen)
    }

    @Test("A server killed in the middle of a transaction ends it with the connection's error", .temporaryPostgres)
    func killedInTransaction() throws {
        let connection = try connect()
        let backend = try backendIdentifier(connection)
        let error = try #require(throws: PostgresError.self) {
            try connection.transaction {
                kill(backend, SIGKILL)
                try connection.execute("SELECT 1")
            }
        }
        #expect(error.sqlState.isConnectionFailure)
    }

    @Test("A server killed before the commit leaves the outcome unknown, and says so", .temporaryPostgres)
    func killedBeforeCommit() throws {
        let connection = try connect()
        let backend = try backendIdentifier(connection)
        let error = try #require(throws: PostgresError.self) {
            try connection.transaction { _ = kill(backend, SIGKILL) }
        }
        #expect(error.sqlState == .transactionResolutionUnknown)
    }

    private func connect(_ options: Connection.Options = .init()) throws -> Connection {
        try Connection(url: server.url(), options: options)
    }

    private func backendIdentifier(_ connection: Connection) throws -> pid_t {
        pid_t(try #require(try connection.query("SELECT pg_backend_pid()").first?.integer(0)))
    }
}
