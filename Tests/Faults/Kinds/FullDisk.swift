import Foundation

extension Fault {
    static let fullDisk = Fault(
        "full-disk", "A file system that fills up at each stage; then room is made, and writing goes on",
        needs: .root
    ) { campaign in
        let run = FixedRun(seed: campaign.options.seed, commands: 40, together: 200)
        var needed = 0
        try campaign.prepare { daybook in
            let mount = try Mount(["-t", "tmpfs", "-o", "size=64m", "tmpfs"], at: daybook.data)
            // Not told to stop, which would take away what it needs while it runs.
            let server = try daybook.mustServe()
            try run.work(server, History())
            needed = try used(daybook.data) / 1024
            withExtendedLifetime(mount) { server.kill() }
        }
        let step = campaign.options.scale == .full ? 4 : needed / 5
        try campaign.each(Array(stride(from: 0, through: needed, by: max(4, step)))) { kibibytes in
            campaign.run("\(kibibytes)-KiB-free") { daybook in
                let mount = try Mount(["-t", "tmpfs", "-o", "size=64m", "tmpfs"], at: daybook.data)
                try fill(daybook.data, leaving: kibibytes << 10)
                try withExtendedLifetime(mount) { try fullDisk(daybook, run) }
                return .yes
            }
        }
    }

    private static func fullDisk(_ daybook: Daybook, _ run: FixedRun) throws {
        let history = History()
        let ballast = "\(daybook.data)/ballast"
        let server = try daybook.serve()
        guard server.isUp else {
            let end = try server.ending()
            guard case .exited(let code) = end, code != 0, !server.child.errors.isEmpty else {
                throw Doubt("Without room it ended with \(end) at its start: \(server.child.errors)")
            }
            try FileManager.default.removeItem(atPath: ballast)
            return try Aftermath(daybook: daybook, history: history).examine()
        }
        try run.work(server, history)
        guard server.child.end == nil else {
            throw Doubt("The full disk ended the program with \(server.how). \(server.child.errors)")
        }
        try FileManager.default.removeItem(atPath: ballast)
        try goesOn(server, history)
        try Aftermath(daybook: daybook, history: history).examine(server)
    }

    /// Commands are accepted again, without a restart.
    private static func goesOn(_ server: Server, _ history: History) throws {
        let client = Client(server, history)
        for command in Workload.opening() { try client.send(command.name, key: command.key, command.body) }
        let answer = try client.send("add-to-cart", key: "room", #"{"cart":"room","sku":"LAMP","quantity":1}"#)
        guard let answer, answer.status < 300 else {
            throw Doubt(
                "Room was made, and still: \(answer?.text ?? "no answer"). \(server.how) \(server.child.errors)")
        }
    }

    private static func used(_ directory: String) throws -> Int {
        var status = statvfs()
        guard statvfs(directory, &status) == 0 else { throw Doubt("statvfs: errno \(errno)") }
        return Int(status.f_blocks - status.f_bfree) * Int(status.f_frsize)
    }

    private static func fill(_ directory: String, leaving room: Int) throws {
        var status = statvfs()
        guard statvfs(directory, &status) == 0 else { throw Doubt("statvfs: errno \(errno)") }
        let free = Int(status.f_bavail) * Int(status.f_frsize)
        try Tool.run(["fallocate", "-l", "\(max(4096, free - room))", "\(directory)/ballast"])
    }
}
