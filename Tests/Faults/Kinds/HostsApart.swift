import Foundation
import TestTools

extension Fault {
    /// Two nodes and Postgres, each a host of its own.
    static let hostsApart = Fault(
        "hosts-apart",
        "Two nodes and Postgres on hosts of their own, cut off and joined again five times under load", needs: .hosts
    ) { campaign in
        try campaign.run(
            rounds: campaign.count(full: 12, short: 1), label: { "\(Pair.Arrangement.ofRound($0))-\($0)" }
        ) { round, daybook, empty, random in
            let network = try Host.Network(round % 60)
            let hosts = try (1...3).map { try Host($0, in: network) }
            let postgres = try PostgresServer(
                copying: empty, to: daybook.directory + "/postgres", address: hosts[2].address,
                wrapper: hosts[2].wrapper)
            defer { postgres.kill() }
            let places = hosts.prefix(2).map { host in
                Pair.Place(wrapper: host.wrapper, address: host.reachedAt, commands: 8_080, queries: 8_081)
            }
            let pair = try Pair(daybook, .ofRound(round), at: places, postgres)
            try pair.run(strikes: campaign.scale(full: 5, short: 1), &random) { random in
                let host = hosts[Int.random(in: 0..<hosts.count, using: &random)]
                try host.cut()
                Thread.sleep(forTimeInterval: .random(in: 0.1...9, using: &random))
                try host.join(network)
            }
        }
    }
}
