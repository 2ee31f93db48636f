import Foundation
import TestTools

extension Fault {
    /// Two nodes of which one leads and one answers questions and stands by, and Postgres, each a host of its own.
    static let hostsApart = Fault(
        "hosts-apart",
        "Leader, standby and Postgres on hosts of their own, cut off and joined again five times under load",
        needs: .hosts
    ) { campaign in
        let template = "\(campaign.options.directory)/hosts-apart-template"
        defer { try? FileManager.default.removeItem(atPath: template) }
        try PostgresServer.makeTemplate(at: template)
        try campaign.each(Array(1...campaign.count(full: 10, short: 1))) { round in
            let label = "round-\(round)"
            campaign.run(label) { daybook in
                var random = SplitMix64(seed: campaign.seed(label))
                let hosts = try HostsApart(daybook, template: template, number: round % 60)
                try hosts.run(cuts: campaign.scale(full: 5, short: 1), &random)
                return .yes
            }
        }
    }
}

/// Three hosts, and a load that goes to whichever node leads.
private struct HostsApart {
    private let network: Host.Network
    private let hosts: [Host]
    private let postgres: PostgresServer
    private let nodes: [Daybook]

    init(_ daybook: Daybook, template: String, number: Int) throws {
        network = try Host.Network(number)
        let hosts = try (1...3).map { [network] in try Host($0, in: network) }
        self.hosts = hosts
        let data = daybook.directory + "/postgres"
        try Tool.run(["cp", "-a", template, data])
        let postgres = try PostgresServer(data: data, address: hosts[2].address, wrapper: hosts[2].wrapper)
        self.postgres = postgres
        try postgres.start()
        let environment = [
            "DAYBOOK_POSTGRES_URL": postgres.url, "DAYBOOK_REPLICATION": "sync", "DAYBOOK_HOST": "0.0.0.0",
        ]
        nodes = try hosts.prefix(2).enumerated().map { index, host in
            let directory = "\(daybook.directory)/node-\(index + 1)"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            var node = Daybook(
                wrapper: host.wrapper + Self.supervisor, environment: environment, program: daybook.program,
                directory: directory)
            node.postgresURL = postgres.url
            node.patienceSeconds = 60
            return node
        }
    }

    /// Starts what has ended again, as an init system does, and takes it along at its own end.
    private static let supervisor = [
        "sh", "-c",
        """
        trap 'kill -TERM $p || exit 0; wait $p; exit $?' TERM
        while :; do setpriv --pdeathsig KILL "$@" & p=$!; wait $p; echo "ended with $?" >&2; sleep 0.2; done
        """, "sh",
    ]

    func run(cuts: Int, _ random: inout SplitMix64) throws {
        defer { postgres.kill() }
        // The first one leads.
        let servers = try zip(zip(nodes, hosts), ["command API on ", "query API on "]).map { place, sign in
            let (node, host) = place
            let child = try node.spawn([
                "serve", "--standby", "--data", node.data, "--command-port", "8080", "--query-port", "8081",
            ])
            guard child.prints(sign, within: 30) else { throw Doubt("It does not come up: \(child.errors)") }
            return Server(child: child, commands: 8_080, queries: 8_081, patienceSeconds: 60, address: host.reachedAt)
        }
        let history = History()
        let load = try Load(
            servers, history, clients: 4, seed: .random(in: 0...UInt64.max, using: &random), pauseMilliseconds: 5)
        do {
            try history.waitForMore(20, from: servers)
            for _ in 1...cuts { try cutAndJoin(history, servers, &random) }
        } catch {
            try? load.end()
            throw error
        }
        try load.end()
        for server in servers {
            // Or it had just been started again, and did not listen to signals yet.
            guard [.exited(0), .exited(128 + SIGTERM)].contains(try server.stop()) else {
                throw Doubt("It does not stop: \(server.child.errors)")
            }
        }
        try judge(history)
    }

    private func cutAndJoin(_ history: History, _ servers: [Server], _ random: inout SplitMix64) throws {
        let host = hosts[Int.random(in: 0..<hosts.count, using: &random)]
        try host.cut()
        Thread.sleep(forTimeInterval: .random(in: 0.1...9, using: &random))
        try host.join(network)
        try history.waitForMore(20, from: servers)
    }

    /// On the data of who led last: it has everything.
    private func judge(_ history: History) throws {
        let ends = try nodes.map { node in
            var plain = Daybook(environment: node.environment, program: node.program, directory: node.directory)
            plain.environment["DAYBOOK_HOST"] = "127.0.0.1"
            plain.postgresURL = node.postgresURL
            plain.patienceSeconds = 60
            plain.standsBy = true
            return (plain, try plain.run(["events"]).output.count { $0 == "\n" })
        }
        let last = ends[0].1 >= ends[1].1 ? ends[0].0 : ends[1].0
        try Aftermath(daybook: last, history: history).examine()
    }
}
