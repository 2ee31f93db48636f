import Foundation
import TestTools

extension Fault {
    static let logMigrationKilled = Fault(
        "log-migration-killed",
        "daybook migrate log --switch and --back killed, at the 1st, 2nd, 3rd … of each call that changes what directories hold, and at random moments ten times a run",
        needs: .strace
    ) { campaign in
        let before = try campaign.knownShop()
        let edits = before.directory + "/../edits.json"
        try #"{"reason":"a new name","edits":[{"rename":"STOVE","to":"OVEN"}]}"#
            .write(toFile: edits, atomically: true, encoding: .utf8)
        let shops = Migrated(
            edits: edits, before: before, after: try campaign.knownShop("migrated", before, migratedBy: edits))
        let calls = campaign.scale(full: calls, short: ["renameat2"])
        try campaign.each(calls.flatMap { call in [true, false].map { (call, $0) } }) { call, goesForward in
            for n in 1...10_000 {
                let label = "\(goesForward ? "forward" : "back"):\(call):\(n)"
                let struck = campaign.run(label) { daybook in
                    let place = SystemCalls.Place(call: call, file: nil)
                    let traced = SystemCalls.injecting("signal=SIGKILL", at: place, when: "\(n)", daybook)
                    return try shops.killAtCall(traced, daybook, goesForward: goesForward)
                }
                if struck == .no { break }
            }
        }
        try campaign.each(Array(1...campaign.count(full: 20, short: 1))) { round in
            let label = "round-\(round)"
            campaign.run(label) { daybook in
                try shops.killAtRandom(daybook, SplitMix64(seed: campaign.seed(label)))
                return .yes
            }
        }
    }

    private static let calls = [
        "mkdir", "rename", "renameat2", "unlink", "unlinkat", "rmdir", "fsync", "fdatasync", "flock",
    ]
}

/// A shop before and after its log was changed: whatever ends the change, it is one of both.
private struct Migrated: Sendable {
    let edits: String
    let before: KnownShop
    let after: KnownShop

    private func command(goesForward: Bool) -> [String] {
        goesForward ? ["migrate", "log", edits, "--switch"] : ["migrate", "log", "--back"]
    }

    func killAtCall(_ traced: Daybook, _ daybook: Daybook, goesForward: Bool) throws -> Campaign.Struck {
        try before.copy(to: daybook.data)
        if !goesForward { try complete(daybook, goesForward: true) }
        let result = try traced.run(command(goesForward: goesForward))
        guard result.end == .killed(by: SIGKILL) else {
            guard result.end == .exited(0) else { throw Doubt("It ended with \(result.end): \(result.errors)") }
            return .no
        }
        try examine(daybook, goesForward: goesForward)
        return .yes
    }

    func killAtRandom(_ daybook: Daybook, _ random: SplitMix64) throws {
        var random = random
        try before.copy(to: daybook.data)
        let begin = Date()
        try complete(daybook, goesForward: true)
        let seconds = Date().timeIntervalSince(begin)
        try complete(daybook, goesForward: false)
        var kills = 0
        while kills < 10 {
            let goesForward = Int.random(in: 0...3, using: &random) > 0
            if !goesForward { try complete(daybook, goesForward: true) }
            try removeWhatIsBack(daybook)
            let child = try daybook.spawn(command(goesForward: goesForward) + ["--data", daybook.data])
            if child.ends(within: .random(in: 0.001...seconds, using: &random)) == nil { child.destroy() }
            if child.end == .killed(by: SIGKILL) { kills += 1 }
            try examine(daybook, goesForward: goesForward)
        }
    }

    /// It answers as before or as after; what was begun comes to its end, and can be taken back.
    private func examine(_ daybook: Daybook, goesForward: Bool) throws {
        if try isMigrated(daybook) != goesForward {
            try complete(daybook, goesForward: goesForward)
        }
        try (goesForward ? after : before).demandItself(daybook)
        guard goesForward else { return }
        let kept = daybook.data + ".migrated"
        let refused = try daybook.run(["serve", "--command-port", "0", "--query-port", "0"], on: kept)
        guard refused.end == .exited(3), refused.errors.contains("is kept from before") else {
            throw Doubt("The shop of before is served in \(kept): \(refused.end), \(refused.errors)")
        }
        try complete(daybook, goesForward: false)
        try before.demandItself(daybook)
    }

    private func isMigrated(_ daybook: Daybook) throws -> Bool {
        let server = try daybook.mustServe()
        let status = try server.connectToQueries().send("GET", "/stock/OVEN").status
        guard try server.stop() == .exited(0) else { throw Doubt("It does not stop: \(server.child.errors)") }
        let shop = status == 200 ? after : before
        try shop.demandItself(daybook)
        return status == 200
    }

    private func complete(_ daybook: Daybook, goesForward: Bool) throws {
        try removeWhatIsBack(daybook)
        let result = try daybook.run(command(goesForward: goesForward))
        guard result.end == .exited(0) else {
            throw Doubt("\(command(goesForward: goesForward)) ended with \(result.end): \(result.errors)")
        }
    }

    /// A migration that was taken back leaves its directory to whoever took it back.
    private func removeWhatIsBack(_ daybook: Daybook) throws {
        let new = daybook.data + ".migrated"
        guard FileManager.default.fileExists(atPath: new + "/edits.json"),
            !FileManager.default.fileExists(atPath: new + "/unfinished")
        else { return }
        try FileManager.default.removeItem(atPath: new)
    }
}
