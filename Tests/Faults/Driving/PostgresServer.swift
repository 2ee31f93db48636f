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

    /// - Parameter data: a directory that `template` was copied to.
    init(data: String, address: String = "127.0.0.1", wrapper: [String] = []) throws {
        self.data = data
        self.address = address
        self.wrapper = wrapper
        port = wrapper.isEmpty ? try Self.freePort() : 5_432
    }

    deinit { process.withLock { $0 }?.destroy() }

    var url: String { url(port: port) }

    func url(port: Int) -> String { "postgres://daybook@\(address):\(port)/postgres?connect_timeout=3" }

    /// An empty cluster, made once; small segments, so that a small disk is full soon.
    static func makeTemplate(at path: String) throws {
        try makeDirectory(path)
        try Tool.run(
            asUser + [
                program("initdb"), "-D", path, "-N", "-U", "daybook", "-E", "UTF8", "--locale=C", "-A", "trust",
                "--wal-segsize=1", "--no-instructions",
            ])
        try "host all all all trust\nhost replication all all trust\n".write(
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

    private var children: [pid_t] {
        guard let id = process.withLock({ $0 })?.id else { return [] }
        let text = (try? String(contentsOfFile: "/proc/\(id)/task/\(id)/children", encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { pid_t($0) }
    }

    private static func program(_ name: String) -> String { "\(PostgresPrograms.directory ?? "")/\(name)" }

    private static var asUser: [String] {
        guard let user = PostgresPrograms.user else { return [] }
        return ["setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups"]
    }

    private static func freePort() throws -> Int {
        let socket = LocalSocket(listening: false)
        return Int(socket.port)
    }
}
