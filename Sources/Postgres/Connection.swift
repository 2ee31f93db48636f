import CPostgres

/// One session with a Postgres server.
///
/// - One thread at a time: a connection is not `Sendable` and takes no lock of its own. It may move from one
///   thread to another between calls.
/// - Never blocks for ever: connecting ends within `Options.connectTimeout`, every statement within
///   `Options.statementTimeout` and `Options.networkAllowance`, even when the server is silent.
/// - Never reconnects by itself. Once the server is gone or silent the connection is closed (`isOpen` is false)
///   and every further call throws; the owner decides whether to open another one.
/// - Server notices are dropped; nothing is written to standard error.
package final class Connection {
    package struct Options: Sendable {
        /// The whole of connecting, over all hosts the URL names. Names are looked up by the system's resolver, which
        /// has a time limit of its own.
        package var connectTimeout: Duration
        /// How long the server may work on one statement (a `COPY` is one statement, with all its rows) before it
        /// refuses it with `SQLState.queryCanceled`; nil for as long as it takes.
        package var statementTimeout: Duration?
        /// How much longer than `statementTimeout` the server may be silent before the connection is given up. Not
        /// used where `statementTimeout` is nil: then only TCP keepalives find a dead server, after half a minute.
        package var networkAllowance: Duration
        /// The name shown in `pg_stat_activity`, unless the URL gives another.
        package var applicationName: String

        package init(
            connectTimeout: Duration = .seconds(5),
            statementTimeout: Duration? = .seconds(30),
            networkAllowance: Duration = .seconds(2),
            applicationName: String = "daybook"
        ) {
            self.connectTimeout = connectTimeout
            self.statementTimeout = statementTimeout
            self.networkAllowance = networkAllowance
            self.applicationName = applicationName
        }
    }

    /// Host, port and database, without user or password: fit for logs.
    package let endpoint: String

    let options: Options
    /// nil once the connection is closed.
    private(set) var handle: OpaquePointer?
    var prepared = PreparedStatements()

    /// Connects to a `postgres://` URL; what it leaves out comes from the `PG…` environment variables. Of several hosts the
    /// first is taken that answers within the connect timeout and is what `target_session_attrs` asks for.
    ///
    /// Every failure is `SQLState.unableToConnect` and names the host, never the password: libpq gives no
    /// SQLSTATE for a refused login.
    package init(url: String, options: Options = Options()) throws(PostgresError) {
        self.options = options
        (handle, endpoint) = try ServerAddress(url: url).open(options)
    }

    deinit {
        close()
    }

    /// False after `close()`, and after any failure of the connection itself.
    package var isOpen: Bool { handle != nil }

    /// Ends the session; an open transaction is rolled back by the server. Closing twice does nothing.
    package func close() {
        PQfinish(handle)  // Takes nil.
        handle = nil
    }

    /// Runs one statement and returns all its rows, held in memory. `$1`, `$2` … stand for the parameters.
    package func query(_ statement: String, _ parameters: [Value] = []) throws(PostgresError) -> Rows {
        Rows(try run(statement, parameters))
    }

    /// Runs one statement and returns the number of rows it changed.
    @discardableResult
    package func execute(_ statement: String, _ parameters: [Value] = []) throws(PostgresError) -> Int {
        try run(statement, parameters).changedRows
    }

    package func query(_ statement: Statement) throws(PostgresError) -> Rows {
        try query(statement.text, statement.parameters)
    }

    @discardableResult
    package func execute(_ statement: Statement) throws(PostgresError) -> Int {
        try execute(statement.text, statement.parameters)
    }

    /// Runs several statements separated by semicolons, in one transaction unless they say otherwise, and stops
    /// at the first that fails. Meant for migrations.
    package func execute(script: String) throws(PostgresError) {
        let script = try CText(script)
        _ = try exchange { handle in script.withPointer { PQsendQuery(handle, $0) == 1 } }
    }

    func run(_ statement: String, _ parameters: [Value]) throws(PostgresError) -> ServerResult {
        let statement = try CText(statement)
        let parameters = try ParameterList(parameters)
        return try exchange { parameters.send(statement, over: $0) }
    }
}

extension Duration {
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }
}
