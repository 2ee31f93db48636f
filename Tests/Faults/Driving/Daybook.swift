import Foundation
import Synchronization

/// The built program, from outside: how it is started, and how long it may take.
struct Daybook: Sendable {
    /// What stands before the program's name: strace and its arguments, setpriv.
    var wrapper: [String] = []
    var environment: [String: String] = [:]
    let program: String
    /// Where the run keeps its files; the data directory is `data` in it.
    let directory: String
    /// Where a Postgres has the log or a copy of it; nil where there is none.
    var postgresURL: String?
    /// Whether it leads or stands by; there it must lead.
    var standsBy = false
    /// The longest anything may take: reaching it is a hang.
    var patienceSeconds = 30.0

    var data: String { directory + "/data" }

    /// Runs a command of the program to its end.
    func run(_ arguments: [String], on data: String? = nil) throws -> (end: Spawned.End, output: String, errors: String)
    {
        let child = try spawn(arguments + ["--data", data ?? self.data])
        guard let end = child.ends(within: patienceSeconds) else {
            child.destroy()
            throw Doubt("daybook \(arguments.joined(separator: " ")) hangs: no end within \(patienceSeconds) s")
        }
        return (end, child.output, child.errors)
    }

    func spawn(_ arguments: [String]) throws -> Spawned {
        try Spawned(
            wrapper + [program] + arguments, environment: environment, directory: directory,
            errorsPath: "\(directory)/\(UUID().uuidString).err")
    }

    /// `daybook serve`; nil where it ended before it listened, and the process then says why.
    func serve() throws -> Server {
        let child = try spawn(
            ["serve", "--data", data, "--command-port", "0", "--query-port", "0"] + (standsBy ? ["--standby"] : []))
        guard child.prints(standsBy ? "command API on " : "query API on ", within: patienceSeconds) else {
            guard child.end != nil || child.ends(within: 1) != nil else {
                child.destroy()
                throw Doubt("daybook serve hangs: neither up nor ended within \(patienceSeconds) s. \(child.errors)")
            }
            return Server(child: child, commands: nil, queries: nil, patienceSeconds: patienceSeconds)
        }
        return Server(
            child: child, commands: Self.port("command", child.output), queries: Self.port("query", child.output),
            patienceSeconds: patienceSeconds)
    }

    /// A server that must come up.
    func mustServe() throws -> Server {
        let server = try serve()
        guard server.isUp else {
            throw Doubt("daybook serve does not come up: \(server.how). \(server.child.errors)")
        }
        if postgresURL != nil { try server.waitUntilWell(within: patienceSeconds) }
        return server
    }

    private static func port(_ role: String, _ output: String) -> Int? {
        output.split(separator: "\n").last { $0.hasPrefix("\(role) API on ") }
            .flatMap { $0.split(separator: ":").last }.flatMap { Int($0) }
    }
}

/// A run of `daybook serve`. It is ended with its value at the latest.
final class Server: Sendable {
    let child: Spawned
    let commands: Int?
    let queries: Int?
    private let address: String
    private let patienceSeconds: Double

    init(child: Spawned, commands: Int?, queries: Int?, patienceSeconds: Double, address: String = "127.0.0.1") {
        self.address = address
        self.child = child
        self.commands = commands
        self.queries = queries
        self.patienceSeconds = patienceSeconds
    }

    deinit { child.destroy() }

    var isUp: Bool { commands != nil && queries != nil }
    var how: String { child.end.map(\.description) ?? "running" }

    func connectToCommands() throws -> HTTPConnection {
        guard let commands else { throw HTTPConnection.Lost.closed("it does not listen") }
        return try HTTPConnection(address, port: commands, timeoutSeconds: Int(patienceSeconds))
    }

    func connectToQueries() throws -> HTTPConnection {
        guard let queries else { throw HTTPConnection.Lost.closed("it does not listen") }
        return try HTTPConnection(address, port: queries, timeoutSeconds: Int(patienceSeconds))
    }

    /// Waits until it has no trouble with Postgres, and the copy there everything.
    ///
    /// - Parameter whileLagging: that the copy is behind is no matter, for clients are at work.
    func waitUntilWell(within seconds: Double, whileLagging: Bool = false) throws {
        let bound = Date(timeIntervalSinceNow: seconds)
        var last = ""
        while Date() < bound, child.end == nil {
            let answer = try connectToQueries().send("GET", "/status")
            last = answer.text
            let status = (try? JSONSerialization.jsonObject(with: Data(answer.body))) as? [String: Any]
            let parts = ["replica", "sharedLog"].compactMap { status?[$0] as? [String: Any] }
            let isWell = parts.allSatisfy { part in
                part["trouble"] is NSNull && (whileLagging || part["lag"] as? Int ?? 0 == 0)
            }
            if isWell, !parts.isEmpty { return }
            Thread.sleep(forTimeInterval: 0.05)
        }
        throw Doubt("It does not come to terms with Postgres within \(seconds) s: \(how), \(last) \(child.errors)")
    }

    /// Asks it to stop as an operator would; how it ended.
    func stop(_ signal: Int32 = SIGTERM) throws -> Spawned.End {
        child.send(signal)
        return try ending()
    }

    /// Waits for its end, which must come.
    func ending() throws -> Spawned.End {
        guard let end = child.ends(within: patienceSeconds) else {
            child.destroy()
            throw Doubt("daybook serve hangs: no end within \(patienceSeconds) s. \(child.errors)")
        }
        return end
    }

    func kill() {
        child.send(SIGKILL)
        _ = child.ends(within: patienceSeconds)
    }
}
