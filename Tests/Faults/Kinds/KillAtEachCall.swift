import Foundation

extension Fault {
    /// The calls that change something, or hand something on.
    private static let calls = [
        "pwrite64", "pwritev", "pwritev2", "write", "writev", "fdatasync", "fsync", "ftruncate", "fallocate", "mmap",
        "munmap", "rename", "renameat", "renameat2", "unlink", "unlinkat", "openat", "sendto", "sendmsg", "mkdir",
        "flock",
    ]

    static let killAtEachCall = Fault(
        "kill-each-call", "kill -9 at the 1st, 2nd, 3rd … of every system call of a fixed workload",
        needs: .strace
    ) { campaign in
        let run = FixedRun(seed: campaign.options.seed)
        var places: [SystemCalls.Place] = []
        try campaign.prepare { daybook in
            _ = try run.run(on: SystemCalls.watching(calls, daybook), History())
            places = try SystemCalls.places(seenBy: daybook)
        }
        if campaign.options.scale == .short {
            places = places.filter { $0.file == "log/data.mdb" || $0.file == "keys/data.mdb" }
        }
        let step = campaign.count(full: 1, short: 16)
        try campaign.each(places) { place in
            for n in stride(from: 1, through: 20_000, by: step) {
                let struck = campaign.run("\(place):\(n)") { daybook in
                    let history = History()
                    let traced = SystemCalls.injecting("signal=SIGKILL", at: place, when: "\(n)", daybook)
                    let ending = try run.run(on: traced, history)
                    guard ending.end == .killed(by: SIGKILL) else {
                        guard ending.end == .exited(0) else { throw Doubt("It ended with \(ending). ") }
                        return .no
                    }
                    try Aftermath(daybook: daybook, history: history).examine()
                    return .yes
                }
                if struck == .no { break }
            }
        }
    }
}
