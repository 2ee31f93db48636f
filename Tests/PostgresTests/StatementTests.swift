import Postgres
import TestServers
import Testing

@Suite("Postgres statements", .needsPostgres, .temporaryPostgres, .timeLimit(.minutes(5)))
struct StatementTests {
    let connection: Connection

    init() throws {
        let server = try #require(TemporaryPostgres.current)
        connection = try Connection(url: server.url())
    }

    @Test("A wrong password is refused without being shown")
    func passwordStaysSecret() throws {
        let wrong = try #require(throws: PostgresError.self) {
            _ = try Connection(url: try #require(TemporaryPostgres.current).url(password: "wr0ng secret"))
        }
        #expect(wrong.sqlState == .unableToConnect)
        #expect(wrong.message.contains("authentication failed"))
        #expect(!String(reflecting: wrong).contains("wr0ng"))
    }

    @Test("Server settings in the URL count, next to the statement timeout")
    func settings() throws {
        let url = try #require(TemporaryPostgres.current).url() + "&options=-csearch_path%3Dshop7&application_name=test"
        let configured = try Connection(url: url, options: .init(statementTimeout: .milliseconds(1_234)))
        #expect(try configured.query("SHOW search_path").first?[0] == "shop7")
        #expect(try configured.query("SHOW statement_timeout").first?[0] == "1234ms")
        #expect(try configured.query("SHOW application_name").first?[0] == "test")
        #expect(try connection.query("SHOW application_name").first?[0] == "daybook")
    }

    @Test("Parameters come back as they went, NULL, empty and unicode among them")
    func parameters() throws {
        let text = "Ünïcode 🧾 \\ ' \" \t\r\n end"
        let rows = try connection.query(
            "SELECT $1::text AS text, $2::bigint AS integer, $3::bytea AS bytes, $4::text AS nothing, $5::text AS empty, "
                + "$6::bytea AS no_bytes",
            [.text(text), .integer(.min), .bytes([0, 1, 92, 255]), nil, "", .bytes([])]
        )
        let row = try #require(rows.first)
        #expect(rows.count == 1)
        #expect(rows.columns == ["text", "integer", "bytes", "nothing", "empty", "no_bytes"])
        #expect(row["text"] == text)
        #expect(row[0] == text)
        #expect(try row.integer("integer") == .min)
        #expect(try row.bytes("bytes") == [0, 1, 92, 255])
        #expect(row["nothing"] == nil)
        #expect(try row.integer("nothing") == nil)
        #expect(try row.bytes("nothing") == nil)
        #expect(row["empty"] == "")
        #expect(try row.bytes("no_bytes") == [])
    }

    @Test("Rows outlive their connection, in order")
    func manyRows() throws {
        let rows = try connection.query("SELECT n FROM generate_series(1, 1000) AS n ORDER BY n")
        connection.close()
        #expect(try rows.map { try $0.integer(0) } == (1...1000).map(Int64.init))
    }

    @Test("A statement without rows returns none, and execute counts what changed")
    func counting() throws {
        try connection.execute("CREATE TEMPORARY TABLE item (id bigint)")
        #expect(try connection.execute("INSERT INTO item SELECT generate_series(1, 5)") == 5)
        #expect(try connection.execute("DELETE FROM item WHERE id > $1", [2]) == 3)
        #expect(try connection.query("SELECT id FROM item WHERE id = 9").isEmpty)
    }

    @Test("A script runs all its statements, or none of them when one fails")
    func script() throws {
        try connection.execute(script: "CREATE TEMPORARY TABLE a (n int); INSERT INTO a VALUES (1); -- and\nSELECT 1;")
        let error = try #require(throws: PostgresError.self) {
            try connection.execute(script: "INSERT INTO a VALUES (2); INSERT INTO nowhere VALUES (3)")
        }
        #expect(error.sqlState == .undefinedTable)
        #expect(try connection.query("SELECT n FROM a").map { $0["n"] } == ["1"])
    }

    @Test("A unique violation names its state, constraint and key, and the connection goes on")
    func uniqueViolation() throws {
        try connection.execute("CREATE TEMPORARY TABLE product (sku text CONSTRAINT product_sku UNIQUE)")
        try connection.execute("INSERT INTO product VALUES ($1)", ["85123A"])
        let error = try #require(throws: PostgresError.self) {
            try connection.execute("INSERT INTO product VALUES ($1)", ["85123A"])
        }
        #expect(error.sqlState == .uniqueViolation)
        #expect(error.constraint == "product_sku")
        #expect(error.detail?.contains("85123A") == true)
        #expect(!error.description.contains("85123A"))
        #expect(!error.sqlState.isConnectionFailure)
        #expect(try connection.query("SELECT 1").count == 1)
    }

    @Test("A syntax error is one, and the connection goes on")
    func syntaxError() throws {
        let error = try #require(throws: PostgresError.self) { try connection.query("SELEKT 1") }
        #expect(error.sqlState == .syntaxError)
        #expect(error.message.contains("SELEKT"))
        #expect(try connection.query("SELECT 1").count == 1)
    }

    @Test("A text with a zero character is refused, never cut short")
    func zeroCharacter() throws {
        let parameter = try #require(throws: PostgresError.self) { try connection.query("SELECT $1", ["a\0b"]) }
        let statement = try #require(throws: PostgresError.self) { try connection.query("SELECT 1\0; nonsense") }
        #expect(parameter.sqlState == .characterNotInRepertoire)
        #expect(statement.sqlState == .characterNotInRepertoire)
    }

    @Test("A field that is no integer or no bytea is an error, not a zero")
    func mismatch() throws {
        let row = try #require(try connection.query("SELECT 'seven'").first)
        #expect(throws: PostgresError.self) { try row.integer(0) }
        #expect(throws: PostgresError.self) { try row.bytes(0) }
    }

    @Test("A committed transaction stays, one whose body throws leaves nothing and throws the same error")
    func transaction() throws {
        struct Stop: Error {}
        try connection.execute("CREATE TEMPORARY TABLE entry (n int)")
        let value = try connection.transaction(isolation: .serializable) {
            try connection.execute("INSERT INTO entry VALUES (1)")
            return "kept"
        }
        #expect(value == "kept")
        #expect(throws: Stop.self) {
            try connection.transaction {
                try connection.execute("INSERT INTO entry VALUES (2)")
                throw Stop()
            }
        }
        #expect(try connection.query("SELECT n FROM entry").map { $0["n"] } == ["1"])
    }

    @Test("A transaction that swallows a server's error is reported as not committed")
    func swallowedError() throws {
        try connection.execute("CREATE TEMPORARY TABLE entry (n int)")
        let error = try #require(throws: PostgresError.self) {
            try connection.transaction {
                try connection.execute("INSERT INTO entry VALUES (1)")
                _ = try? connection.execute("nonsense")
            }
        }
        #expect(error.sqlState == .inFailedTransaction)
        #expect(try connection.query("SELECT n FROM entry").isEmpty)
    }

    @Test("Two serializable transactions that contradict each other: one is told to retry")
    func serializationFailure() throws {
        let other = try Connection(url: try #require(TemporaryPostgres.current).url())
        try connection.execute("CREATE TABLE IF NOT EXISTS balance (id int PRIMARY KEY, amount int)")
        try connection.execute("INSERT INTO balance VALUES (1, 0)")
        let error = try #require(throws: PostgresError.self) {
            try connection.transaction(isolation: .repeatableRead) {
                _ = try connection.query("SELECT amount FROM balance")
                try other.execute("UPDATE balance SET amount = 1")
                try connection.execute("UPDATE balance SET amount = 2")
            }
        }
        #expect(error.sqlState == .serializationFailure)
        #expect(error.sqlState.isRetryable)
    }
}
