import Foundation
import TestTools

extension Fault {
    static let postgresFailover = Fault(
        "postgres-failover",
        "The primary Postgres dies under load, its standby takes over without the newest transactions, and the old one returns",
        needs: .postgres
    ) { campaign in
        try campaign.run(
            rounds: campaign.count(full: 12, short: 1), label: { "\(PostgresScene.Use.ofRound($0))-\($0)" }
        ) { round, daybook, empty, random in
            try PostgresFailover(daybook, .ofRound(round), empty).run(&random)
        }
    }
}

/// A Postgres with a streaming standby, both in the program's URL, and the program under load.
private struct PostgresFailover {
    private let daybook: Daybook
    private let use: PostgresScene.Use
    private let primary: PostgresServer
    private let standby: PostgresServer
    /// The standby's way to the primary.
    private let network: TCPFaults
    private let history = History()

    init(_ daybook: Daybook, _ use: PostgresScene.Use, _ empty: String) throws {
        self.use = use
        primary = try PostgresServer(copying: empty, to: daybook.directory + "/postgres")
        network = TCPFaults(to: primary.port)
        standby = try primary.makeStandby(at: daybook.directory + "/standby", by: network.port)
        try standby.start()
        let url =
            "postgres://daybook@127.0.0.1:\(primary.port),127.0.0.1:\(standby.port)/postgres?target_session_attrs=primary"
        var daybook = daybook
        daybook.environment = use.environment(url)
        daybook.postgresURL = url
        daybook.patienceSeconds = 60
        self.daybook = daybook
    }

    func run(_ random: inout SplitMix64) throws {
        defer {
            primary.kill()
            standby.kill()
            network.end()
        }
        let server = try daybook.mustServe()
        let load = try load("before", server, &random)
        do {
            load.waitUntil(answers: Int.random(in: 50...200, using: &random), seconds: 20)
            network.set(.still)
            try history.waitForMore(Int.random(in: 10...60, using: &random), from: [server])
            primary.kill()
            try standby.promote()
            if use != .shared { try goOn(server) }
        } catch {
            try? load.end()
            throw error
        }
        if use == .shared { try demandEnd(of: server) }
        try load.end()
        try oldPrimaryReturns(server, &random)
    }

    private func load(_ name: String, _ server: Server, _ random: inout SplitMix64) throws -> Load {
        try Load(
            server, history, clients: 4, seed: .random(in: 0...UInt64.max, using: &random), pauseMilliseconds: 5,
            name: name)
    }

    /// The log knows what the new primary does not, and copies it there.
    private func goOn(_ server: Server) throws {
        try server.waitUntilWell(within: 60, whileLagging: true)
        try history.waitForMore(20, from: [server])
    }

    /// What was acknowledged is not where the log is: the program must not go on as if it had never been.
    private func demandEnd(of server: Server) throws {
        guard try server.ending() == .exited(1), server.child.errors.contains("is not the beginning of the log") else {
            throw Doubt("Acknowledged events are gone from Postgres, and it says: \(server.how) \(server.child.errors)")
        }
    }

    /// On its old timeline, and with the newest transactions of its time; the other one is gone, or is a primary still.
    private func oldPrimaryReturns(_ running: Server, _ random: inout SplitMix64) throws {
        try primary.start()
        if Bool.random(using: &random) || use != .shared { standby.kill() }
        let server = use == .shared ? try daybook.mustServe() : running
        let load = try load("after", server, &random)
        do {
            try goOn(server)
        } catch {
            try? load.end()
            throw error
        }
        try load.end()
        try server.waitUntilWell(within: 60)
        try Aftermath(daybook: daybook, history: history).examine(server)
    }
}
