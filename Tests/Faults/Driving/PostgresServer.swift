import Foundation
import Synchronization
import TestTools

/// A Postgres of one run, on a port of 127.0.0.1 or of another address, which can be killed, stopped and started again.
final class PostgresServer: Sendable {
    static var unavailable: String? {
        PostgresPrograms.directory == nil ? "initdb and postgres are not installed" : nil
    }

    let address: String
    let port: Int
    let data: String
    /// What stands before the program: a namespace to be in.
    private let wrapper: [String]
    private let process = Mutex<Spawned?>(nil)

    /// - Parameter data: the data of a Postgres.
    init(data: String, address: String = "127.0.0.1", wrapper: [String] = []) throws {
        self.data = data
        self.address = address
        self.wrapper = wrapper
        port = wrapper.isEmpty ? try Self.freePort() : 5_432
    }

    /// A copy of `empty`, started.
    convenience init(
        copying empty: String, to data: String, address: String = "127.0.0.1", wrapper: [String] = []
    ) throws {
        try Tool.run(["sh", "-c", "mkdir -p '\(data)' && cp -a '\(empty)/.' '\(data)'"])
        try self.init(data: data, address: address, wrapper: wrapper)
        try start()
    }

    deinit { process.withLock { $0 }?.destroy() }

    var url: String { url(port: port) }

    func url(port: Int, user: String = "daybook", database: String = "postgres") -> String {
        "postgres://\(user)@\(address):\(port)/\(database)?connect_timeout=3"
    }

    /// An empty cluster, made once; small segments, so that a small disk is full soon.
    static func makeTemplate(at path: String) throws {
        try makeDirectory(path)
        try Tool.run(
            asUser + [
                program("initdb"), "-D", path, "-N", "-U", "daybook", "-E", "UTF8", "--locale=C", "-A", "trust",
                "--wal-segsize=1", "--no-instructions",
            ])
        try "host all shop all scram-sha-256\nhost all all all trust\nhost replication all all trust\n".write(
            toFile: path + "/pg_hba.conf", atomically: false, encoding: .utf8)
    }

    /// A streaming standby of it, which reaches it by a port of 127.0.0.1; not started yet.
    func makeStandby(at path: String, by port: Int) throws -> PostgresServer {
        try Self.makeDirectory(path)
        try Tool.run(
            Self.asUser + [
                Self.program("pg_basebackup"), "-D", path, "-h", "127.0.0.1", "-p", "\(port)", "-U", "daybook", "-R",
                "-c", "fast", "-X", "stream",
            ])
        return try PostgresServer(data: path)
    }

    /// Has a standby be a primary, whatever it lacks.
    func promote() throws { try Tool.run(Self.asUser + [Self.program("pg_ctl"), "promote", "-w", "-D", data]) }

    private static func makeDirectory(_ path: String) throws {
        try Tool.run(["mkdir", "-p", "-m", "700", path])
        if let user = PostgresPrograms.user { try Tool.run(["chown", user, path]) }
    }

    /// Starts it, and returns when it takes connections.
    func start() throws {
        let bound = Date(timeIntervalSinceNow: 60)
        while Date() < bound {
            let running = process.withLock { $0 }
            if running == nil || running?.end != nil {
                let child = try Spawned(
                    wrapper + Self.asUser + [
                        Self.program("postgres"), "-D", data, "-p", "\(port)", "-h", address, "-k", "",
                        "-c", "max_wal_size=8MB", "-c", "min_wal_size=2MB", "-c", "log_connections=on", "-c",
                        "log_disconnections=on", "-c", "log_lock_waits=on",
                    ], directory: "/", errorsPath: data + ".log")
                process.withLock { $0 = child }
            }
            let ready =
                wrapper + [
                    Self.program("pg_isready"), "-q", "-h", address, "-p", "\(port)", "-U", "daybook", "-t", "1",
                ]
            if (try? Tool.run(ready)) != nil { return }
            Thread.sleep(forTimeInterval: 0.1)
        }
        throw Tool.Failed(description: "Postgres does not start: \(errors.suffix(2_000))")
    }

    static let password = "s3cret"
    /// Name and password of who owns the shop's tables, and no more.
    static let user = "shop:\(password)"

    func makeUser() throws {
        try run("CREATE ROLE shop LOGIN PASSWORD '\(Self.password)'; GRANT USAGE, CREATE ON SCHEMA public TO shop")
    }

    /// Has its owner run statements, with psql.
    func run(_ script: String, in database: String = "postgres") throws {
        try Tool.run(
            wrapper + [
                Self.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", address, "-p", "\(port)", "-U",
                "daybook",
                "-d", database, "-c", script,
            ])
    }

    var errors: String { (try? String(contentsOfFile: data + ".log", encoding: .utf8)) ?? "" }

    /// `SIGKILL` to the postmaster; its backends end by themselves, which is waited for.
    func kill() { end(SIGKILL) }

    /// Stops it at once, without a word to those who are connected.
    func stop() { end(SIGQUIT) }

    private func end(_ signal: Int32) {
        guard let running = process.withLock({ $0 }) else { return }
        running.send(signal)
        if running.ends(within: 30) == nil { running.destroy() }
    }

    /// `SIGKILL` to a process that works for a client; false where there is none. Postgres ends all others then, and recovers.
    func killBackend(_ random: inout SplitMix64) throws -> Bool {
        guard let backend = try backends().randomElement(using: &random) else { return false }
        Glibc.kill(backend, SIGKILL)
        return true
    }

    private func backends() throws -> [pid_t] {
        children.filter { child in
            let line = (try? String(contentsOfFile: "/proc/\(child)/cmdline", encoding: .utf8)) ?? ""
            return line.hasPrefix("postgres: daybook ")
        }
    }

    /// A signal to it and all its processes.
    func signalAll(_ signal: Int32) {
        guard let running = process.withLock({ $0 }), running.end == nil else { return }
        for id in [running.id] + children { Glibc.kill(id, signal) }
    }

    private var children: [pid_t] { process.withLock { $0 }?.children ?? [] }

    private static func program(_ name: String) -> String { "\(PostgresPrograms.directory ?? "")/\(name)" }

    private static var asUser: [String] {
        guard let user = PostgresPrograms.user else { return [] }
        return ["setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups"]
    }

    static func freePort() throws -> Int {
        let socket = LocalSocket(listening: false)
        return Int(socket.port)
    }
}

extension Campaign {
    /// Lends the data of an empty Postgres, to be copied for each run.
    func withEmptyPostgres(_ body: (String) throws -> Void) throws {
        let template = "\(options.directory)/\(fault.name)-template"
        try? FileManager.default.removeItem(atPath: template)
        defer { try? FileManager.default.removeItem(atPath: template) }
        try PostgresServer.makeTemplate(at: template)
        try body(template)
    }

    /// Runs so many rounds, each named by `label`, with the data of an empty Postgres to copy.
    func run(
        rounds: Int, label: @escaping @Sendable (Int) -> String = { "round-\($0)" },
        _ body: @escaping @Sendable (Int, Daybook, _ empty: String, inout SplitMix64) throws -> Void
    ) throws {
        try withEmptyPostgres { empty in
            try each(Array(1...rounds)) { [self] round in
                run(label(round)) { daybook in
                    var random = SplitMix64(seed: seed(label(round)))
                    try body(round, daybook, empty, &random)
                    return .yes
                }
            }
        }
    }
}
