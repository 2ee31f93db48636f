import Foundation
import TestTools

extension Fault {
    /// A campaign that can't fail proves nothing: here it must.
    static let negativeControls = Fault(
        "negative-control", "Programs and disks that do lose data: each must be found out"
    ) { campaign in
        control("eatmydata", campaign, needs: .loopDevice, rounds: 20) { daybook, round in
            var lying = daybook
            lying.environment = ["LD_PRELOAD": "libeatmydata.so"]
            try PowerCut.strike(lying, seed: UInt64(round))
        }
        control("skipped-fsync", campaign, needs: .loopDevice, rounds: 20) { daybook, round in
            var lying = daybook
            guard let shims = campaign.options.shims else { throw Tool.Failed(description: "the shims are missing") }
            lying.environment = ["LD_PRELOAD": "\(shims)/skip_sync.so"]
            try PowerCut.strike(lying, seed: UInt64(round))
        }
        control("acknowledged-before-commit", campaign, needs: .strace, rounds: 60) {
            daybook, round in
            let mutant = try campaign.mutant("acknowledged-before-commit", in: daybook)
            let history = History()
            let place = SystemCalls.Place(call: "fdatasync", file: "log/data.mdb")
            _ = try FixedRun(seed: campaign.options.seed).run(
                on: SystemCalls.injecting("signal=SIGKILL", at: place, when: "\(round)", mutant), history)
            try Aftermath(daybook: daybook, history: history).examine()
        }
        let shop = try campaign.knownShop()
        let size = try fileSize("\(shop.directory)/log/data.mdb")
        control("checksum-out", campaign, needs: .nothing, rounds: 200) { daybook, round in
            var random = SplitMix64(seed: UInt64(round))
            try shop.copy(to: daybook.data)
            try Flip("log/data.mdb", Int.random(in: 8192..<size, using: &random), 1).apply(in: daybook.data)
            try shop.demandNoWrongAnswer(
                from: try campaign.mutant("checksum-out", in: daybook), askingServer: false)
        }
    }

    /// Passes where one of the rounds finds a doubt, and says which.
    private static func control(
        _ name: String, _ campaign: Campaign, needs: Need, rounds: Int,
        _ round: (Daybook, Int) throws -> Void
    ) {
        if let missing = needs.missing(campaign.options) {
            campaign.options.say("\(campaign.fault.name) \(name): skipped, \(missing)")
            return
        }
        campaign.run(name) { daybook in
            for number in 1...rounds {
                do {
                    try round(try campaign.daybook("\(name)-\(number)"), number)
                } catch let doubt as Doubt {
                    campaign.options.say("\(campaign.fault.name) \(name): found out in round \(number): \(doubt)")
                    return .yes
                }
            }
            throw Doubt("It loses data, and \(rounds) rounds found nothing.")
        }
    }
}

extension Campaign {
    /// The program which is wrong in that way, where `daybook` is.
    fileprivate func mutant(_ name: String, in daybook: Daybook) throws -> Daybook {
        guard let mutants = options.mutants, FileManager.default.isExecutableFile(atPath: "\(mutants)/\(name)") else {
            throw Tool.Failed(description: "the program \(name) was not built (run the campaign by ops/faults)")
        }
        return Daybook(program: "\(mutants)/\(name)", directory: daybook.directory)
    }
}
