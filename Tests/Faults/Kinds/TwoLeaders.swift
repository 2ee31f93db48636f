import Foundation
import TestTools

extension Fault {
    static let twoLeaders = Fault(
        "two-leaders",
        "A leader is stopped until the other leads and goes on then, or is killed, or the other is promoted, five times under load",
        needs: .postgres
    ) { campaign in
        try campaign.run(rounds: campaign.count(full: 10, short: 1)) { _, daybook, empty, random in
            let postgres = try PostgresServer(copying: empty, to: daybook.directory + "/postgres")
            defer { postgres.kill() }
            let places = try (1...2).map { _ in
                Pair.Place(commands: try PostgresServer.freePort(), queries: try PostgresServer.freePort())
            }
            let pair = try Pair(daybook, .leaderAndStandby, at: places, postgres)
            try pair.run(strikes: campaign.scale(full: 5, short: 1), &random) { random in
                try pair.haveTheOtherLead(&random)
            }
        }
    }
}

extension Pair {
    /// At the end both want to lead, or are not told yet that the other does.
    fileprivate func haveTheOtherLead(_ random: inout SplitMix64) throws {
        let leader = try leader()
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            let stopped = servers[leader].child.children
            for id in stopped { kill(id, SIGSTOP) }
            defer { for id in stopped { kill(id, SIGCONT) } }
            // Longer than its lease lasts, and not as long as clients wait for it.
            Thread.sleep(forTimeInterval: .random(in: 6...9, using: &random))
        case 1: for id in servers[leader].child.children { kill(id, SIGKILL) }
        default:
            try promote(1 - leader)
        }
    }

    /// Asked again where it is just throwing away what it had, to have it from Postgres again.
    private func promote(_ node: Int) throws {
        let bound = Date(timeIntervalSinceNow: 30)
        while case let promoted = try alone(node).run(["promote"]), promoted.end != .exited(0) {
            guard Date() < bound else { throw Doubt("daybook promote: \(promoted.errors)") }
        }
    }

    /// Who listens to commands.
    private func leader() throws -> Int {
        let bound = Date(timeIntervalSinceNow: 30)
        while Date() < bound {
            if let index = servers.firstIndex(where: { (try? $0.connectToCommands()) != nil }) { return index }
        }
        throw Doubt("Nobody leads: \(servers.map(\.child.errors))")
    }
}
