import CPostgres
import Glibc

/// A connection URL, checked, and what of it may be shown.
struct ServerAddress {
    /// Host, port and database; no user, no password.
    let endpoint: String
    private let url: String
    /// Server settings the URL or the environment ask for, such as `-c search_path=shop7`.
    private let serverOptions: String

    init(url: String) throws(PostgresError) {
        try Self.refuseUnescapedPassword(in: url)
        let parts = try Self.parse(url)
        self.url = url
        serverOptions = parts["options"] ?? getenv("PGOPTIONS").map { String(cString: $0) } ?? ""
        let host = parts["host"] ?? parts["hostaddr"] ?? "localhost"
        endpoint = "\(host):\(parts["port"] ?? "5432")/\(parts["dbname"] ?? "")"
    }

    /// Connects by the deadline, and sets the session up so that no later call blocks or prints.
    func open(_ options: Connection.Options) throws(PostgresError) -> OpaquePointer {
        let deadline = ContinuousClock.now + options.connectTimeout
        guard let handle = try start(options) else {
            throw PostgresError(.unableToConnect, "No memory for a connection to \(endpoint)")
        }
        do throws(PostgresError) {
            try complete(handle, until: deadline)
        } catch {
            PQfinish(handle)
            throw PostgresError(.unableToConnect, "Cannot connect to \(endpoint): \(error.message)")
        }
        PQsetnonblocking(handle, 1)
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        return handle
    }

    private func start(_ options: Connection.Options) throws(PostgresError) -> OpaquePointer? {
        // What stands before dbname can be replaced by the URL, what stands after it cannot.
        let statementTimeout = options.statementTimeout.map { "-c statement_timeout=\(max(1, $0.wholeMilliseconds))" }
        let settings = [
            ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "4"),
            ("tcp_user_timeout", "30000"), ("fallback_application_name", options.applicationName),
            ("dbname", url), ("client_encoding", "UTF8"),
            ("options", "\(serverOptions) \(statementTimeout ?? "")"),
        ]
        var keywords: [CText] = []
        var values: [CText] = []
        for (keyword, value) in settings {
            keywords.append(try CText(keyword))
            values.append(try CText(value))
        }
        return CText.withPointers(keywords) { keywords in
            CText.withPointers(values) { values in PQconnectStartParams(keywords, values, 1) }
        }
    }

    private func complete(_ handle: OpaquePointer, until deadline: ContinuousClock.Instant) throws(PostgresError) {
        guard PQstatus(handle) != CONNECTION_BAD else { throw refusal(handle) }
        var next = PGRES_POLLING_WRITING
        while next != PGRES_POLLING_OK {
            guard next != PGRES_POLLING_FAILED else { throw refusal(handle) }
            let events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT
            let ready = try readiness(of: PQsocket(handle), for: events, until: deadline)
            guard ready != 0 else { throw PostgresError(.unableToConnect, "no answer within the connect timeout") }
            next = PQconnectPoll(handle)
        }
    }

    private func refusal(_ handle: OpaquePointer) -> PostgresError {
        PostgresError(.unableToConnect, PostgresError.singleLine(PQerrorMessage(handle)))
    }

    /// libpq takes the password to end at the first `@` and the host at the first `/`. A password with one of these
    /// in clear would become half a host name, and as such appear in messages.
    private static func refuseUnescapedPassword(in url: String) throws(PostgresError) {
        guard url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") else {
            throw invalid("it must begin with postgres://")
        }
        let location = url.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "?" }
        let authority = location.prefix { $0 != "/" }
        let path = location.dropFirst(authority.count)
        guard authority.count(where: { $0 == "@" }) <= 1, !path.contains("@") else {
            throw invalid("'@' and '/' in a password must be written as %40 and %2F")
        }
    }

    private static func parse(_ url: String) throws(PostgresError) -> [String: String] {
        let url = try CText(url)
        // libpq's reason quotes the URL, password and all, so it is not passed on.
        guard let options = url.withPointer({ PQconninfoParse($0, nil) }) else { throw invalid("libpq cannot read it") }
        defer { PQconninfoFree(options) }
        var parts: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { parts[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        guard let port = parts["port"], !port.split(separator: ",").allSatisfy({ UInt16($0) != nil }) else {
            return parts
        }
        throw invalid("the port must be a number")  // Perhaps the beginning of a password with a '/' in it.
    }

    private static func invalid(_ reason: String) -> PostgresError {
        PostgresError(.unableToConnect, "The Postgres URL is not valid: \(reason)")
    }
}
