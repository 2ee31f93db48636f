import Foundation

extension Fault {
    /// Parts of a data directory replaced by those of another shop, or by older ones of the same. What is derived knows of
    /// positions which a log put in its place does not have: that is refused, or what is derived is made anew. An older
    /// copy of the whole directory is a sound shop of that time, and nothing in it can know better.
    static let foreignFiles = Fault(
        "foreign-files", "Another log's files put in place, and older ones of the same; each part, each file, all of it"
    ) { campaign in
        let older = try campaign.knownShop("older")
        let shop = try campaign.knownShop("known", after: older)
        let shorter = try campaign.knownShop("shorter", commands: 30, together: 20)
        let longer = try campaign.knownShop("longer", commands: 200, together: 600)
        var replacements: [Replacement] = []
        for (name, other) in [("shorter", shorter), ("longer", longer)] {
            for part in ["log", "index", "keys", "read"] {
                replacements.append(Replacement(part: part, of: name, from: other.directory))
            }
            for file in try files(shop.directory, below: ["read"]) where campaign.options.scale == .full {
                replacements.append(Replacement(part: file, of: name, from: other.directory))
            }
        }
        for part in ["log", "index", "keys", "read"] {
            replacements.append(Replacement(part: part, of: "older", from: older.directory))
        }
        try campaign.each(replacements) { replacement in
            campaign.run("\(replacement.of):\(replacement.part)") { daybook in
                try shop.copy(to: daybook.data)
                try replacement.apply(in: daybook.data)
                // A log that is not the one which everything else came from may only be refused: its answers are none
                // of this shop's.
                try shop.demandNoWrongAnswer(from: daybook)
                return .yes
            }
        }
        campaign.run("older:all") { daybook in
            try older.copy(to: daybook.data)
            try older.demandNoWrongAnswer(from: daybook)
            try Aftermath(daybook: daybook, history: older.history).examine()
            return .yes
        }
    }

    private struct Replacement: Sendable {
        let part: String
        let of: String
        let from: String

        func apply(in directory: String) throws {
            try FileManager.default.removeItem(atPath: "\(directory)/\(part)")
            try Tool.run(["cp", "-a", "\(from)/\(part)", "\(directory)/\(part)"])
        }
    }
}
