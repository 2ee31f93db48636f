import Foundation
import TestTools

extension Fault {
    static let rebuildKilled = Fault(
        "rebuild-killed",
        "daybook rebuild, with and without --verify, and daybook migrate rollback killed at random moments beside a server under load, ten times a run"
    ) { campaign in
        try campaign.each(Array(1...campaign.count(full: 20, short: 1))) { round in
            let label = "round-\(round)"
            campaign.run(label) { daybook in
                try killRebuilds(daybook, SplitMix64(seed: campaign.seed(label)))
                return .yes
            }
        }
    }

    private static func killRebuilds(_ daybook: Daybook, _ random: SplitMix64) throws {
        var random = random
        let history = History()
        let server = try daybook.mustServe()
        let load = try Load(server, history, clients: 3, seed: random.next(), pauseMilliseconds: 2)
        load.waitUntil(answers: Int.random(in: 50...500, using: &random), seconds: 20)
        do {
            var kills = 0
            while kills < 10 {
                if try killOne(daybook, &random) { kills += 1 }
                try demandAnswers(server)
            }
            let whole = try daybook.run(["rebuild"])
            guard whole.end == .exited(0) else { throw Doubt("daybook rebuild: \(whole.end). \(whole.errors)") }
            let files = try FileManager.default.contentsOfDirectory(atPath: daybook.data + "/read")
            guard files.count(where: { $0.hasSuffix(".sqlite") }) == 12 else {
                throw Doubt("There should be a live file and the one before of six read models: \(files.sorted())")
            }
        } catch {
            try? load.end()
            throw error
        }
        try load.end()
        try demandAnswers(server)
        try Aftermath(daybook: daybook, history: history).examine(server)
    }

    /// Whether it was killed before it ended.
    private static func killOne(_ daybook: Daybook, _ random: inout SplitMix64) throws -> Bool {
        let takesBack = Int.random(in: 0...3, using: &random) == 0
        let model = ["catalog", "carts", "orders", "stock", "search", "sales"].randomElement(using: &random) ?? "stock"
        let child = try daybook.spawn(
            takesBack
                ? ["migrate", "rollback", "--data", daybook.data, model]
                : ["rebuild", "--data", daybook.data] + (Bool.random(using: &random) ? ["--verify"] : []))
        guard let end = child.ends(within: .random(in: 0.005...0.2, using: &random)) else {
            child.destroy()
            return child.end == .killed(by: SIGKILL)
        }
        // There may be nothing to go back to yet.
        guard end == .exited(0) || (takesBack && child.errors.contains("There is nothing to go back to")) else {
            throw Doubt(
                "\(takesBack ? "daybook migrate rollback" : "daybook rebuild") ended with \(end): \(child.errors)")
        }
        return false
    }

    /// Every read model answers, whatever was ended beside it.
    private static func demandAnswers(_ server: Server) throws {
        for path in ["/catalog/products", "/search?q=a", "/orders", "/reports/sales?by=month"] {
            let answer = try server.connectToQueries().send("GET", path)
            guard answer.status == 200 else { throw Doubt("\(path) is answered \(answer.status): \(answer.text)") }
        }
    }
}
