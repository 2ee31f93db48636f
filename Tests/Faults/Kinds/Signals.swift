import Foundation
import TestTools

extension Fault {
    static let stopped = Fault("stopped", "SIGSTOP for 30 s with clients at work, then SIGCONT") { campaign in
        for round in 1...campaign.count(full: 2, short: 1) {
            let label = "round-\(round)"
            campaign.run(label) { daybook in
                var patient = daybook
                patient.patienceSeconds = 90
                let history = History()
                let server = try patient.mustServe()
                let load = try Load(server, history, clients: 8, seed: campaign.seed(label))
                load.waitUntil(answers: 100, seconds: 10)
                server.child.send(SIGSTOP)
                _ = server.child.ends(within: campaign.options.scale == .full ? 30 : 1)
                server.child.send(SIGCONT)
                load.waitUntil(answers: 200, seconds: 10)
                try load.end()
                let lost = history.commands.filter {
                    $0.attempts.contains { if case .unknown = $0 { true } else { false } }
                }
                guard lost.isEmpty else { throw Doubt("\(lost[0].key) was not answered: \(lost[0].attempts)") }
                try Aftermath(daybook: patient, history: history).examine(server)
                return .yes
            }
        }
    }

    static let terminated = Fault("terminated", "SIGTERM with clients at work: what was taken is answered") {
        campaign in
        try campaign.each(Array(1...campaign.count(full: 40, short: 1))) { round in
            let label = "round-\(round)"
            campaign.run(label) { daybook in
                let history = History()
                var random = SplitMix64(seed: campaign.seed(label))
                let server = try daybook.mustServe()
                let load = try Load(server, history, clients: 8, seed: campaign.seed(label))
                load.waitUntil(answers: Int.random(in: 1...400, using: &random), seconds: 10)
                server.child.send(SIGTERM)
                // Clients that go on and on have it wait as long as it may for them: that is tried in the full campaign.
                if campaign.options.scale == .short { try load.end() }
                let end = try server.ending()
                try load.end()
                guard end == .exited(0) else { throw Doubt("It ended with \(end). \(server.child.errors)") }
                let events = try LoggedEvent.parse(ndjson: try daybook.run(["events"]).output)
                let keys = Set(events.map(\.key))
                for command in history.commands where command.receipts.isEmpty && keys.contains(command.key) {
                    throw Doubt("\(command.key) is in the log and was never answered: \(command.attempts)")
                }
                try Aftermath(daybook: daybook, history: history).examine()
                return .yes
            }
        }
    }

    static let clock = Fault(
        "clock", "The clock set back and forth by days, with clients at work: order is by position alone",
        needs: .shims
    ) { campaign in
        let shims = campaign.options.shims ?? ""
        for round in 1...campaign.count(full: 20, short: 1) {
            let label = "round-\(round)"
            campaign.run(label) { daybook in
                var random = SplitMix64(seed: campaign.seed(label))
                let file = "\(daybook.directory)/clock"
                try Self.setClock(file, 0)
                var moved = daybook
                moved.environment = ["LD_PRELOAD": "\(shims)/clock.so", "FAULTS_CLOCK": file]
                let history = History()
                let server = try moved.mustServe()
                let load = try Load(server, history, clients: 4, seed: campaign.seed(label))
                for number in 1...10 {
                    // Less than a reservation lasts, so that none expires.
                    let seconds = Int.random(in: -864_000...864_000, using: &random)
                    try Self.setClock(file, seconds)
                    load.waitUntil(answers: number * 30, seconds: 10)
                }
                try load.end()
                try demandMoved(try Aftermath(daybook: moved, history: history).events(of: server))
                try Aftermath(daybook: moved, history: history).examine(server)
                return .yes
            }
        }
    }

    /// In place and of one length, for the shim has the file mapped.
    private static func setClock(_ file: String, _ seconds: Int) throws {
        let text = Array("\(seconds)".utf8)
        let bytes = text + [UInt8](repeating: 0, count: 32 - text.count)
        let descriptor = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        defer { close(descriptor) }
        guard descriptor >= 0, pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else {
            throw Tool.Failed(description: "\(file) can't be written: errno \(errno)")
        }
    }

    /// The fault itself must have been there: times on record go back somewhere.
    private static func demandMoved(_ events: [LoggedEvent]) throws {
        let times = events.map { $0.line.components(separatedBy: "\"recordedAt\":\"").last?.prefix(20) ?? "" }
        guard zip(times, times.dropFirst()).contains(where: { $0 > $1 }) else {
            throw Doubt("The clock was not moved: times on record never go back.")
        }
    }
}
