import Foundation
import Postgres
import TestServers
import TestTools
import Testing

@Suite("Postgres statements sent together, and doorbells", .needsPostgres, .temporaryPostgres, .timeLimit(.minutes(5)))
struct PipelineTests {
    let connection: Connection

    init() throws {
        connection = try Connection(url: try #require(TemporaryPostgres.current).url())
    }

    @Test("They run in their order, and each has its rows")
    func order() throws {
        let rows = try connection.pipeline([
            Statement("CREATE TEMPORARY TABLE pieces (number bigint)"),
            Statement("INSERT INTO pieces SELECT generate_series(1, $1)", [.integer(3)]),
            Statement("SELECT number FROM pieces ORDER BY number"),
        ])
        #expect(rows.map(\.count) == [0, 0, 3])
        #expect(try rows[2].map { try $0.integer("number") } == [1, 2, 3])
    }

    @Test("The first that fails is told, what is behind it is not run, and the connection goes on")
    func failing() throws {
        try connection.execute("CREATE TEMPORARY TABLE pieces (number bigint PRIMARY KEY)")
        let error = try #require(throws: PostgresError.self) {
            try connection.pipeline([
                Statement("BEGIN"), Statement("INSERT INTO pieces VALUES (1)"),
                Statement("INSERT INTO pieces VALUES (1)"), Statement("COMMIT"),
            ])
        }
        #expect(error.sqlState == .uniqueViolation)
        connection.rollback()
        #expect(try connection.query("SELECT number FROM pieces").isEmpty)
    }

    @Test("The server reads a text once for each connection, one that it refused again")
    func prepared() throws {
        let insertion = Statement("INSERT INTO pieces VALUES ($1)", [.integer(1)])
        #expect(throws: PostgresError.self) {
            try connection.pipeline([insertion, Statement("SELECT 1 AS number")])  // There is no such table.
        }
        try connection.execute("CREATE TEMPORARY TABLE pieces (number bigint)")
        for _ in 1...3 { _ = try connection.pipeline([insertion, insertion]) }
        #expect(try connection.query("SELECT number FROM pieces").count == 6)
        let read = try connection.query(
            "SELECT generic_plans + custom_plans AS runs FROM pg_prepared_statements WHERE statement = $1",
            [.text("INSERT INTO pieces VALUES ($1)")])
        #expect(try read.map { try $0.integer("runs") } == [6])
    }

    @Test("More texts than a connection remembers run as well")
    func manyTexts() throws {
        let numbers = try (1...200).map { number in
            try connection.pipeline([Statement("SELECT \(number) + $1 AS number", [.integer(1)])])[0].first?.integer(
                "number")
        }
        #expect(numbers == (2...201).map { Int64($0) })
        #expect(try connection.query("SELECT 1 FROM pg_prepared_statements").count == 64)
    }

    @Test("A text that can't be sent is refused before anything is")
    func unsendable() throws {
        #expect(throws: PostgresError.self) {
            try connection.pipeline([Statement("BEGIN"), Statement("SELECT $1::text", [.text("\0")])])
        }
        #expect(try connection.pipeline([Statement("SELECT 7 AS seven")])[0].first?.integer("seven") == 7)
    }

    @Test("Much is sent together without waiting for each other", arguments: [1, 1_000])
    func many(count: Int) throws {
        let large = String(repeating: "x", count: 10_000)
        let statements = (1...count).map {
            Statement("SELECT $1::int AS number, $2 AS text", [.integer(Int64($0)), .text(large)])
        }
        let numbers = try connection.pipeline(statements).map { try $0.first?.integer("number") }
        #expect(numbers == (1...count).map { Int64($0) })
    }

    @Test("A connection lost with a COMMIT in hand leaves open what became of it; without one it does not")
    func lost() throws {
        let end = Statement("SELECT pg_terminate_backend(pg_backend_pid())")
        let unknown = try #require(throws: PostgresError.self) {
            try connection.pipeline([Statement("BEGIN"), end, Statement("COMMIT")])
        }
        #expect(unknown.sqlState == .transactionResolutionUnknown)
        #expect(!connection.isOpen)
        let other = try Connection(url: try #require(TemporaryPostgres.current).url())
        #expect(try #require(throws: PostgresError.self) { try other.pipeline([end]) }.sqlState == .adminShutdown)
    }

    @Test("Who listens is woken when the transaction is committed, and not before")
    func doorbell() throws {
        let bell = try Connection(url: try #require(TemporaryPostgres.current).url())
        try connection.execute("LISTEN bell")
        try bell.begin()
        try bell.execute("NOTIFY bell")
        #expect(try !connection.waitForNotification(within: .milliseconds(50)))
        try bell.commit()
        #expect(try connection.waitForNotification(within: .patience))
        #expect(try !connection.waitForNotification(within: .milliseconds(1)))
    }
}
