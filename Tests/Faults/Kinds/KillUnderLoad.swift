import Foundation
import TestTools

extension Fault {
    static let killUnderLoad = Fault("kill-under-load", "kill -9 at a random moment, with eight clients at work") {
        campaign in
        try campaign.each(Array(1...campaign.count(full: 100, short: 1))) { round in
            let label = "round-\(round)"
            campaign.run(label) { daybook in
                try killUnderLoad(daybook, seed: campaign.seed(label))
                return .yes
            }
        }
    }

    static func killUnderLoad(_ daybook: Daybook, seed: UInt64) throws {
        let history = History()
        var random = SplitMix64(seed: seed)
        let server = try daybook.mustServe()
        let load = try Load(server, history, clients: 8, seed: seed)
        load.waitUntil(answers: Int.random(in: 1...600, using: &random), seconds: 10)
        server.kill()
        try load.end()
        try Aftermath(daybook: daybook, history: history).examine()
    }
}
