import Foundation

extension Fault {
    private static let calls = [
        "pwrite64", "pwritev", "pwritev2", "write", "writev", "fdatasync", "fsync", "ftruncate", "rename", "renameat2",
    ]

    static let failedWrites = Fault(
        "failed-write", "EIO at the 1st, 2nd, 3rd … write and sync of each file, once and for ever",
        needs: .strace
    ) { campaign in
        let run = FixedRun(seed: campaign.options.seed)
        var places: [SystemCalls.Place] = []
        try campaign.prepare { daybook in
            _ = try run.run(on: SystemCalls.watching(calls, daybook), History())
            places = try SystemCalls.places(seenBy: daybook).filter { $0.file != nil }
        }
        if campaign.options.scale == .short { places = places.filter { $0.file == "log/data.mdb" } }
        let step = campaign.count(full: 1, short: 24)
        let sweeps = places.flatMap { place in ["", "+"].map { (place: place, ever: $0) } }
        try campaign.each(sweeps) { place, ever in
            for n in stride(from: 1, through: 20_000, by: step) {
                let struck = campaign.run("\(place):\(n)\(ever)") { daybook in
                    try failedWrite(daybook, run, place, when: "\(n)\(ever)")
                }
                if struck == .no { break }
            }
        }
    }

    private static func failedWrite(
        _ daybook: Daybook, _ run: FixedRun, _ place: SystemCalls.Place, when: String
    ) throws -> Campaign.Struck {
        let history = History()
        let ending = try run.run(
            on: SystemCalls.injecting("error=EIO", at: place, when: when, daybook), history)
        guard case .exited(let code) = ending.end else { throw Doubt("It ended with \(ending)") }
        guard code == 0 || !ending.errors.isEmpty else { throw Doubt("It ended with \(code) and gave no reason.") }
        if history.isPoisoned, code == 0 {
            throw Doubt("The writer was poisoned, and the program ended as if all were well. \(ending.errors)")
        }
        try Aftermath(daybook: daybook, history: history).examine()
        let trace = try String(contentsOfFile: "\(daybook.directory)/strace.txt", encoding: .utf8)
        return trace.contains("(INJECTED)") ? .yes : .no
    }
}
