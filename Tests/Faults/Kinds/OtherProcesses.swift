import Foundation
import TestTools

extension Fault {
    static let killedReaders = Fault(
        "killed-reader", "daybook events, replay and verify killed while they read, with clients at work"
    ) { campaign in
        for round in 1...campaign.count(full: 20, short: 1) {
            let label = "round-\(round)"
            campaign.run(label) { daybook in
                var random = SplitMix64(seed: campaign.seed(label))
                let history = History()
                let server = try daybook.mustServe()
                let load = try Load(server, history, clients: 4, seed: campaign.seed(label))
                for number in 0..<30 {
                    load.waitUntil(answers: number * 10, seconds: 10)
                    let reader = try daybook.spawn([
                        ["events", "replay", "verify"][number % 3], "--data", daybook.data,
                    ])
                    _ = reader.ends(within: Double.random(in: 0.005...0.06, using: &random))
                    reader.destroy()
                }
                try load.end()
                try Aftermath(daybook: daybook, history: history).examine(server)
                return .yes
            }
        }
    }

    static let twoProcesses = Fault(
        "two-processes", "Several processes that would write to one directory: one does, the others are refused"
    ) { campaign in
        for round in 1...campaign.count(full: 20, short: 1) {
            let label = "round-\(round)"
            campaign.run(label) { daybook in
                let history = History()
                let servers = try together(4) { try daybook.serve() }
                let up = servers.filter(\.isUp)
                for server in servers where !server.isUp {
                    let end = try server.ending()
                    guard end == .exited(3), server.child.errors.contains("Another process") else {
                        throw Doubt("A second process ended with \(end): \(server.child.errors)")
                    }
                }
                guard let server = up.first, up.count == 1 else { throw Doubt("\(up.count) processes write.") }
                let load = try Load(server, history, clients: 4, seed: campaign.seed(label))
                let second = try daybook.run(["serve"])
                guard second.end == .exited(3), second.errors.contains("Another process") else {
                    throw Doubt("daybook serve beside a server ended with \(second.end): \(second.errors)")
                }
                let rebuild = try daybook.run(["rebuild"])
                guard rebuild.end == .exited(0) else {
                    throw Doubt("daybook rebuild beside a server ended with \(rebuild.end): \(rebuild.errors)")
                }
                try load.end()
                server.kill()
                try Aftermath(daybook: daybook, history: history).examine()
                return .yes
            }
        }
    }

    /// Does it so many times at the same moment.
    private static func together<Made: Sendable>(_ count: Int, _ make: @escaping @Sendable () throws -> Made) throws
        -> [Made]
    {
        let made = Collected<Made>()
        DispatchQueue.concurrentPerform(iterations: count) { _ in made.add(Result { try make() }) }
        return try made.all.map { try $0.get() }
    }
}
