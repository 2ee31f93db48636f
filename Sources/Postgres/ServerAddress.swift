import CPostgres
import Glibc

/// A connection URL, checked, and what of it may be shown.
struct ServerAddress {
    /// One of the hosts that the URL names.
    private struct Host {
        /// Host, port and database; no user, no password.
        let endpoint: String
        /// What chooses it where there are others.
        var settings: [(keyword: String, value: String)] = []
    }

    private let url: String
    /// Server settings the URL or the environment ask for, such as `-c search_path=shop7`.
    private let serverOptions: String
    private let hosts: [Host]

    init(url: String) throws(PostgresError) {
        try Self.refuseUnescapedPassword(in: url)
        let parts = try Self.parse(url)
        self.url = url
        serverOptions = parts["options"] ?? getenv("PGOPTIONS").map { String(cString: $0) } ?? ""
        hosts = Self.hosts(of: parts)
    }

    /// Connects within the timeout, and sets the session up so that no later call blocks or prints. Several hosts are tried
    /// in their order, each for the whole timeout: libpq by itself would spend all of it on the first one that is silent.
    ///
    /// Returns with the connection where it leads to: host, port and database, no user, no password.
    func open(_ options: Connection.Options) throws(PostgresError) -> (handle: OpaquePointer, endpoint: String) {
        var refusals: [String] = []
        for host in hosts {
            do throws(PostgresError) {
                return (try open(host, options), host.endpoint)
            } catch {
                refusals.append("\(host.endpoint): \(error.message)")
            }
        }
        throw PostgresError(.unableToConnect, "Cannot connect to \(refusals.joined(separator: ", nor to "))")
    }

    private func open(_ host: Host, _ options: Connection.Options) throws(PostgresError) -> OpaquePointer {
        let deadline = ContinuousClock.now + options.connectTimeout
        guard let handle = try start(host, options) else {
            throw PostgresError(.unableToConnect, "no memory for a connection")
        }
        do throws(PostgresError) {
            try complete(handle, until: deadline)
        } catch {
            PQfinish(handle)
            throw error
        }
        PQsetnonblocking(handle, 1)
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        return handle
    }

    private func start(_ host: Host, _ options: Connection.Options) throws(PostgresError) -> OpaquePointer? {
        // What stands before dbname can be replaced by the URL, what stands after it cannot.
        let statementTimeout = options.statementTimeout.map { "-c statement_timeout=\(max(1, $0.wholeMilliseconds))" }
        let general = [
            ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "4"),
            ("tcp_user_timeout", "30000"), ("fallback_application_name", options.applicationName),
            ("dbname", url), ("client_encoding", "UTF8"),
            ("options", "\(serverOptions) \(statementTimeout ?? "")"),
        ]
        let settings = general + host.settings
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

    /// libpq's lists: as many of each as there are hosts, or one port for all. Others are left to libpq, which names what is
    /// wrong with them.
    private static func hosts(of parts: [String: String]) -> [Host] {
        let lists = ["host", "hostaddr", "port"].compactMap { keyword in
            parts[keyword].map { (keyword, $0.split(separator: ",", omittingEmptySubsequences: false)) }
        }
        let count = lists.map(\.1.count).max() ?? 1
        guard count > 1, lists.allSatisfy({ $0.1.count == count || $0.0 == "port" && $0.1.count == 1 }) else {
            return [Host(endpoint: endpoint(of: parts))]
        }
        return (0..<count).map { index in
            let settings = lists.map { ($0.0, String($0.1.count == 1 ? $0.1[0] : $0.1[index])) }
            return Host(endpoint: endpoint(of: parts.merging(settings) { _, chosen in chosen }), settings: settings)
        }
    }

    private static func endpoint(of parts: [String: String]) -> String {
        "\(parts["host"] ?? parts["hostaddr"] ?? "localhost"):\(parts["port"] ?? "5432")/\(parts["dbname"] ?? "")"
    }

    private static func invalid(_ reason: String) -> PostgresError {
        PostgresError(.unableToConnect, "The Postgres URL is not valid: \(reason)")
    }
}
