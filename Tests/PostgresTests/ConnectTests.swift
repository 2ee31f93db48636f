import Postgres
import TestServers
import TestTools
import Testing

@Suite("Connecting to Postgres", .timeLimit(.minutes(5)))
struct ConnectTests {
    @Test("A closed port is refused at once, by a message that names it")
    func closedPort() throws {
        let closed = LocalSocket(listening: false)
        let error = try refusal("postgres://daybook:hidden-word@127.0.0.1:\(closed.port)/ledger", within: .seconds(5))
        #expect(error.message.contains("Cannot connect to 127.0.0.1:\(closed.port)/ledger"))
        #expect(error.message.contains("refused"))
        #expect(!error.message.contains("\n"))
    }

    @Test("A server that accepts and never answers is given up when the time is over")
    func silentPort() throws {
        let silent = LocalSocket(listening: true)
        let error = try refusal(
            "postgres://daybook:hidden-word@127.0.0.1:\(silent.port)/ledger",
            within: .milliseconds(200)
        )
        #expect(error.message.contains("within the connect timeout"))
    }

    @Test("Of several hosts, those which refuse or are silent are passed over", .needsPostgres, .temporaryPostgres)
    func severalHosts() throws {
        let (closed, silent) = (LocalSocket(listening: false), LocalSocket(listening: true))
        let server = try #require(TemporaryPostgres.current)
        let options = Connection.Options(connectTimeout: .seconds(1))
        let hosts = "127.0.0.1,127.0.0.1,\(server.directory)&port=\(closed.port),\(silent.port),5432"
        let user = server.url().replacing("?host=\(server.directory)", with: "?host=\(hosts)")
        #expect(try Connection(url: user, options: options).query("SELECT 1 AS one").first?["one"] == "1")
    }

    @Test("Where none of several hosts can be reached, it is said of each")
    func noneOfSeveral() throws {
        let (closed, silent) = (LocalSocket(listening: false), LocalSocket(listening: true))
        let error = try refusal(
            "postgres://daybook:hidden-word@127.0.0.1:\(closed.port),127.0.0.1:\(silent.port)/ledger",
            within: .milliseconds(200))
        #expect(error.message.contains("127.0.0.1:\(closed.port)/ledger: "))
        #expect(error.message.contains("refused"))
        #expect(error.message.contains("127.0.0.1:\(silent.port)/ledger: no answer within the connect timeout"))
    }

    @Test(
        "A URL that cannot be right is refused, and what may be its password is not shown",
        arguments: [
            "", "ledger", "mysql://daybook:hidden-word@127.0.0.1/ledger", "host=127.0.0.1 password=hidden-word",
            "postgres://daybook:p@hidden-word@127.0.0.1/ledger", "postgres://daybook:p/hidden-word@127.0.0.1/ledger",
            "postgres://daybook:hidden-word/x", "postgres://daybook:hidden-word%zz@127.0.0.1/ledger",
            "postgres://daybook:1/hidden-word@127.0.0.1/ledger", "postgres://[hidden-word", "postgres://a\0hidden-word",
            "postgres://daybook@127.0.0.1/ledger?pasword=hidden-word",
        ]
    )
    func invalid(url: String) throws {
        _ = try refusal(url, within: .seconds(5))
    }

    private func refusal(_ url: String, within timeout: Duration) throws -> PostgresError {
        let start = ContinuousClock.now
        let error = try #require(throws: PostgresError.self) {
            _ = try Connection(url: url, options: .init(connectTimeout: timeout))
        }
        #expect(start.duration(to: .now) < timeout + .seconds(5))
        #expect(error.sqlState.isConnectionFailure || error.sqlState == .characterNotInRepertoire)
        #expect(!String(reflecting: error).contains("hidden-word"))
        return error
    }
}
