import Foundation
import Redis
import TestTools
import Testing

/// A real Redis server of its own, without persistence, on a free port of 127.0.0.1 and on a Unix socket.
///
/// A shell holds the server and watches a pipe: when the pipe closes, because the test is over or because the test
/// process died, it stops its server and removes the directory.
final class TemporaryRedis: Sendable {
    /// The server of the running suite, see `.temporaryRedis`.
    @TaskLocal static var current: TemporaryRedis?

    let port: Int
    let directory: String
    private let lifeline: Lifeline

    private init(port: Int) throws {
        let program = try #require(Self.program)
        let directory = try Lifeline.temporaryDirectory("daybook-redis")
        self.port = port
        self.directory = directory
        lifeline = try Lifeline(
            Self.script,
            [directory, program, String(port)],
            in: directory,
            readyWhen: { $0.contains("connections at \(directory)/socket") }  // Printed last, after the port.
        )
    }

    /// Between finding a free port and Redis taking it another program may: then another one is tried.
    static func start() throws -> TemporaryRedis {
        for _ in 1..<5 {
            if let server = try? TemporaryRedis(port: LocalSocket(listening: false).port) { return server }
        }
        return try TemporaryRedis(port: LocalSocket(listening: false).port)
    }

    func stop() {
        lifeline.release()
    }

    var address: Connection.Address { .tcp(host: "127.0.0.1", port: port) }
    var socketAddress: Connection.Address { .unix(path: "\(directory)/socket") }

    static var isInstalled: Bool { program != nil }

    private static let program: String? = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let candidates = (path.split(separator: ":") + ["/usr/bin"]).map { "\($0)/redis-server" }
        return candidates.first(where: FileManager.default.isExecutableFile)
    }()

    private static let script = """
        directory=$1 program=$2 port=$3
        exec 3<&0  # A shell gives its background jobs an empty standard input.
        trap 'rm -rf "$directory"' EXIT
        "$program" --bind 127.0.0.1 --port "$port" --unixsocket "$directory/socket" --dir "$directory" \
        --save '' --appendonly no 3<&- & server=$!
        trap 'kill -9 "$server"' INT TERM
        (read -r _ <&3; kill -9 "$server") >/dev/null 2>&1 & watcher=$!
        wait "$server" || wait "$server"  # The first may end because of a signal to this shell.
        kill "$watcher" 2>/dev/null
        """
}

/// Gives a suite one server: started before its first test, stopped after its last, also when tests fail.
struct TemporaryRedisTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let server = try TemporaryRedis.start()
        defer { server.stop() }
        try await TemporaryRedis.$current.withValue(server) { try await function() }
    }
}

extension Trait where Self == TemporaryRedisTrait {
    static var temporaryRedis: Self { Self() }
}

extension Trait where Self == ConditionTrait {
    static var needsRedis: Self {
        .enabled(if: TemporaryRedis.isInstalled, "redis-server is not installed: apt-get install redis-server")
    }
}
