import Foundation
import TestTools

/// Two nodes with one Postgres, under load: the first leads, at the beginning. What ends is started again, as an init system
/// does.
struct Pair {
    enum Arrangement: CaseIterable {
        /// The log is copied, and both may lead.
        case leaderAndStandby
        /// The log is copied, and the other answers questions.
        case leaderAndQueries
        /// The log is in Postgres, and the other answers questions.
        case sharedAndQueries

        fileprivate func environment(_ node: Int, _ url: String) -> [String: String] {
            switch (self, node) {
            case (.leaderAndStandby, _), (.leaderAndQueries, 0): PostgresScene.Use.awaited.environment(url)
            case (.leaderAndQueries, _), (.sharedAndQueries, _): PostgresScene.Use.shared.environment(url)
            }
        }

        fileprivate func arguments(_ node: Int) -> [String] {
            switch (self, node) {
            case (.leaderAndStandby, _): ["--standby"]
            case (_, 0): []
            default: ["--roles", "query,project"]
            }
        }
    }

    /// Where a node is.
    struct Place {
        var wrapper: [String] = []
        /// Where the campaign reaches it.
        var address = "127.0.0.1"
        let commands: Int
        let queries: Int
    }

    let servers: [Server]
    let history = History()
    private let nodes: [Daybook]
    private let arrangement: Arrangement

    init(_ daybook: Daybook, _ arrangement: Arrangement, at places: [Place], _ postgres: PostgresServer) throws {
        self.arrangement = arrangement
        nodes = try places.enumerated().map { index, place in
            let directory = "\(daybook.directory)/node-\(index + 1)"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            var node = Daybook(
                wrapper: place.wrapper + Self.supervisor, environment: arrangement.environment(index, postgres.url),
                program: daybook.program, directory: directory)
            node.environment["DAYBOOK_HOST"] = "0.0.0.0"
            node.postgresURL = postgres.url
            node.patienceSeconds = 60
            return node
        }
        servers = try zip(nodes, places).enumerated().map { index, node in
            try Self.serve(node.0, arrangement.arguments(index), node.1, sign: index == 0 ? "command" : "query")
        }
    }

    /// Takes the program along at its own end.
    private static let supervisor = [
        "sh", "-c",
        """
        trap 'kill -TERM $p || exit 0; wait $p; exit $?' TERM
        while :; do setpriv --pdeathsig KILL "$@" & p=$!; wait $p; echo "ended with $?" >&2; sleep 0.2; done
        """, "sh",
    ]

    private static func serve(_ node: Daybook, _ arguments: [String], _ place: Place, sign: String) throws -> Server {
        let child = try node.spawn(
            ["serve", "--data", node.data, "--command-port", "\(place.commands)", "--query-port", "\(place.queries)"]
                + arguments)
        guard child.prints("\(sign) API on ", within: 30) else { throw Doubt("It does not come up: \(child.errors)") }
        return Server(
            child: child, commands: place.commands, queries: place.queries, patienceSeconds: 60, address: place.address)
    }

    /// Those that commands are sent to.
    private var commanding: [Server] { arrangement == .leaderAndStandby ? servers : [servers[0]] }

    /// Strikes so many times, and sees to it each time that commands are acknowledged again; then looks what is left.
    func run(strikes: Int, _ random: inout SplitMix64, _ strike: (inout SplitMix64) throws -> Void) throws {
        let load = try Load(
            commanding, history, clients: 4, seed: .random(in: 0...UInt64.max, using: &random), pauseMilliseconds: 5)
        do {
            try history.waitForMore(20, from: commanding)
            for _ in 1...strikes {
                try strike(&random)
                try history.waitForMore(20, from: commanding)
            }
        } catch {
            try? load.end()
            throw error
        }
        try load.end()
        if arrangement != .leaderAndStandby { try demandSameHistory() }
        for server in servers {
            // Or it had just been started again, and did not listen to signals yet, or finds that the other leads.
            let end = try server.stop()
            guard end == .exited(0) || end == .exited(128 + SIGTERM) || end == .exited(3) && commanding.count > 1 else {
                throw Doubt("It ends with \(end) when it is to stop: \(server.child.errors)")
            }
        }
        try Aftermath(daybook: try last(), history: history).examine()
    }

    /// The one that answers questions has all that the other has, at the latest when it is asked for that.
    private func demandSameHistory() throws {
        let bound = Date(timeIntervalSinceNow: 60)
        let first = try events(of: servers[0], at: 0)
        while Date() < bound {
            // Refused while it is behind. What nobody was told of may be in by now.
            guard let second = try? events(of: servers[1], at: first.count { $0 == "\n" }) else { continue }
            let again = try events(of: servers[0], at: second.count { $0 == "\n" })
            guard second.hasPrefix(first), again.hasPrefix(second) else {
                throw Doubt("The other node tells another history.")
            }
            return
        }
        throw Doubt("The other node does not come to know what the first one does: \(servers[1].child.errors)")
    }

    private func events(of server: Server, at position: Int) throws -> String {
        let answer = try server.connectToQueries().send(
            "GET", "/events", headers: ["Accept": "application/x-ndjson", "Daybook-Position": "\(position)"])
        guard answer.status == 200 else { throw Doubt("/events is answered \(answer.status): \(answer.text)") }
        return answer.text
    }

    /// The program on a node's data, run once and where the campaign is.
    func alone(_ index: Int) -> Daybook {
        var daybook = nodes[index]
        daybook.wrapper = []
        daybook.environment["DAYBOOK_HOST"] = "127.0.0.1"
        daybook.standsBy = arrangement == .leaderAndStandby
        return daybook
    }

    /// The one that led last, which has everything.
    private func last() throws -> Daybook {
        guard arrangement == .leaderAndStandby else { return alone(0) }
        let ends = try nodes.indices.map { try alone($0).run(["events"]).output.count { $0 == "\n" } }
        return alone(ends[1] > ends[0] ? 1 : 0)
    }
}
