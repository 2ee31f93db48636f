import Foundation
import TestTools

/// A shop whose log is copied to a Postgres, or is there, while something happens to that.
struct PostgresScene {
    enum Use: CaseIterable {
        case copied, awaited, shared

        func environment(_ url: String) -> [String: String] {
            switch self {
            case .copied: ["DAYBOOK_POSTGRES_URL": url, "DAYBOOK_REPLICATION": "async"]
            case .awaited: ["DAYBOOK_POSTGRES_URL": url, "DAYBOOK_REPLICATION": "sync"]
            case .shared: ["DAYBOOK_LOG": url]
            }
        }
    }

    let postgres: PostgresServer
    /// Between the program and Postgres, where the fault is there.
    let network: TCPFaults?
    let load: Load
    let server: Server
    var random: SplitMix64
    /// Short ones in the tests.
    let scale: Campaign.Scale

    /// Lets the clients go on for a while.
    func wait(seconds: Double) throws {
        if let end = server.child.ends(within: seconds) { throw Doubt("It ended: \(end). \(server.child.errors)") }
    }
}

extension Fault {
    static let postgresRefused = postgres("postgres-refused", "Postgres stopped under load, and started again") {
        scene in
        scene.postgres.stop()
        try scene.wait(seconds: .random(in: 0.2...3, using: &scene.random))
        try scene.postgres.start()
    }

    static let postgresKilled = postgres("postgres-killed", "kill -9 of the postmaster under load, twice") { scene in
        for _ in 1...2 {
            scene.postgres.kill()
            try scene.wait(seconds: .random(in: 0...0.3, using: &scene.random))
            try scene.postgres.start()
            try scene.server.waitUntilWell(within: 60, whileLagging: true)
            try scene.wait(seconds: .random(in: 0...0.5, using: &scene.random))
        }
    }

    static let postgresBackendKilled = postgres(
        "postgres-backend-killed", "kill -9 of a backend at a random moment under load, five times"
    ) { scene in
        for _ in 1...5 {
            try scene.wait(seconds: .random(in: 0...0.3, using: &scene.random))
            guard try scene.postgres.killBackend(&scene.random) else { continue }
            try scene.postgres.start()
            try scene.server.waitUntilWell(within: 60, whileLagging: true)
        }
    }

    static let postgresStopped = postgres("postgres-stopped", "SIGSTOP of all of Postgres for 60 s, then SIGCONT") {
        scene in
        scene.postgres.signalAll(SIGSTOP)
        defer { scene.postgres.signalAll(SIGCONT) }
        try scene.wait(seconds: scene.scale == .full ? 60 : 1)
    }

    static let postgresAway = postgres("postgres-away", "Postgres away for ten minutes", full: 10, isLong: true) {
        scene in
        scene.postgres.stop()
        try scene.wait(seconds: scene.scale == .full ? 600 : 1)
        try scene.postgres.start()
    }

    static let postgresNetwork = postgres(
        "postgres-network", "The way to Postgres slow, still, closed, and broken again and again", throughNetwork: true
    ) { scene in
        for _ in 1...(scene.scale == .full ? 20 : 6) {
            scene.network?.set(TCPFaults.Mood.allCases.randomElement(using: &scene.random) ?? .whole)
            try scene.wait(seconds: .random(in: 0...0.6, using: &scene.random))
            if Bool.random(using: &scene.random) { scene.network?.breakAll() }
        }
        scene.network?.set(.whole)
    }

    static let postgresTable = postgres("postgres-table", "A table is away under load, then back", asUser: true) {
        scene in
        let table = ["events", "streams", "log_head", "person_keys"].randomElement(using: &scene.random) ?? ""
        try scene.postgres.run("ALTER TABLE \(table) RENAME TO lost")
        try scene.wait(seconds: .random(in: 0.2...3, using: &scene.random))
        try scene.postgres.run("ALTER TABLE lost RENAME TO \(table)")
    }

    static let postgresPassword = postgres(
        "postgres-password", "Another password under load, and all connections ended; then the right one", asUser: true
    ) { scene in
        try scene.postgres.run("ALTER ROLE shop PASSWORD 'another'")
        try scene.postgres.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop'")
        try scene.wait(seconds: .random(in: 1...4, using: &scene.random))
        guard scene.postgres.errors.contains("password authentication failed") else {
            throw Doubt("It never tried the wrong password.")
        }
        try scene.postgres.run("ALTER ROLE shop PASSWORD '\(PostgresServer.password)'")
    }

    static let postgresReadOnly = postgres(
        "postgres-read-only", "The program's user may only read under load, then write again", asUser: true
    ) { scene in
        try scene.postgres.run("REVOKE INSERT, UPDATE ON ALL TABLES IN SCHEMA public FROM shop")
        try scene.wait(seconds: .random(in: 0.2...3, using: &scene.random))
        try scene.postgres.run(
            "GRANT INSERT ON ALL TABLES IN SCHEMA public TO shop; GRANT UPDATE ON log_head, streams, person_keys TO shop"
        )
    }

    private static var diskIsFull: Regex<Substring> { /No space left on device|Check free disk space/ }

    static let postgresFullDisk = postgres(
        "postgres-full-disk", "No room where Postgres is; then room is made", needs: .postgresAsRoot, onSmallDisk: true
    ) { scene in
        let ballast = scene.postgres.data + "/ballast"
        // All but some pages; what is refused here is refused to Postgres as well.
        _ = try? Tool.run(["sh", "-c", "head -c 64M /dev/zero > '\(ballast)'; truncate -s -100K '\(ballast)'"])
        let (least, bound) = (scene.scale == .full ? 5.0 : 2, Date(timeIntervalSinceNow: 30))
        try scene.wait(seconds: least)
        while !scene.postgres.errors.contains(diskIsFull), Date() < bound { try scene.wait(seconds: 0.2) }
        guard scene.postgres.errors.contains(diskIsFull) else {
            throw Doubt("The disk of Postgres did not fill up. \(scene.postgres.errors.suffix(500))")
        }
        try FileManager.default.removeItem(atPath: ballast)
        try scene.postgres.start()
    }

    /// The program is used in each of the three ways in turn, with four clients at work.
    ///
    /// - Parameters:
    ///   - asUser: whether the program is somebody who owns its tables and no more, and has a password.
    ///   - isLong: whether the clients are to be slow, so that what is sent can be sent again in the end.
    private static func postgres(
        _ name: String, _ about: String, full: Int = 12, needs: Need = .postgres, throughNetwork: Bool = false,
        onSmallDisk: Bool = false, asUser: Bool = false, isLong: Bool = false,
        strike: @escaping @Sendable (inout PostgresScene) throws -> Void
    ) -> Fault {
        Fault(name, about, needs: needs) { campaign in
            let use: @Sendable (Int) -> PostgresScene.Use = { .ofRound($0 + name.utf8.count) }
            try campaign.run(
                rounds: campaign.count(full: full, short: 1), label: { "\(use($0))-\($0)" }
            ) { round, daybook, empty, random in
                let data = daybook.directory + "/postgres"
                let disk = onSmallDisk ? try Mount(["-t", "tmpfs", "-o", "size=72M", "tmpfs"], at: data) : nil
                defer { withExtendedLifetime(disk) {} }
                let postgres = try PostgresServer(copying: empty, to: data)
                defer { postgres.kill() }
                if asUser { try postgres.makeUser() }
                let network = throughNetwork ? TCPFaults(to: postgres.port) : nil
                defer { network?.end() }
                let url = postgres.url(
                    port: network?.port ?? postgres.port, user: asUser ? PostgresServer.user : "daybook")
                let pause = isLong && campaign.options.scale == .full ? (use(round) == .copied ? 20 : 250) : 5
                try run(daybook, use(round), url, postgres, network, random, campaign.options.scale, pause, strike)
            }
        }
    }

    private static func run(
        _ daybook: Daybook, _ use: PostgresScene.Use, _ url: String, _ postgres: PostgresServer, _ network: TCPFaults?,
        _ random: SplitMix64, _ scale: Campaign.Scale, _ pauseMilliseconds: Int,
        _ strike: (inout PostgresScene) throws -> Void
    ) throws {
        var daybook = daybook
        daybook.environment = use.environment(url)
        daybook.postgresURL = url
        daybook.patienceSeconds = 60
        var random = random
        let history = History()
        let server = try daybook.mustServe()
        let load = try Load(
            server, history, clients: 4, seed: .random(in: 0...UInt64.max, using: &random),
            pauseMilliseconds: pauseMilliseconds)
        load.waitUntil(answers: Int.random(in: 50...200, using: &random), seconds: 20)
        var scene = PostgresScene(
            postgres: postgres, network: network, load: load, server: server, random: random, scale: scale)
        do {
            try strike(&scene)
            try history.waitForMore(20, from: [server])
        } catch {
            try? load.end()
            throw error
        }
        try load.end()
        // Ten minutes of events are to be copied where Postgres was away for so long.
        try server.waitUntilWell(within: 300)
        try Aftermath(daybook: daybook, history: history).examine(server)
    }
}

extension History {
    /// Waits until so many more commands were acknowledged.
    func waitForMore(_ count: Int, from servers: [Server]) throws {
        let (before, bound) = (acknowledged, Date(timeIntervalSinceNow: 90))
        while acknowledged < before + count {
            guard Date() < bound, servers.contains(where: { $0.child.ends(within: 0.1) == nil }) else {
                throw Doubt(
                    "Nothing more is acknowledged: \(servers.map { "\($0.how): \($0.child.errors.suffix(1_500))" })")
            }
        }
    }
}
