import Foundation

extension Fault {
    static let mapFull = Fault("map-full", "The log has grown to all that it was allowed to; then it is allowed more") {
        campaign in
        for round in 1...campaign.count(full: 5, short: 1) {
            let label = "round-\(round)"
            campaign.run(label) { daybook in
                var narrow = daybook
                narrow.environment = ["DAYBOOK_LOG_MAP_MIB": "1"]
                let history = History()
                let server = try narrow.mustServe()
                let client = Client(server, history)
                var workload = Workload("w", seed: campaign.seed(label))
                for command in Workload.opening() { try client.send(command.name, key: command.key, command.body) }
                while !isFull(history) && history.commands.count < 50_000 {
                    try workload.sendTogether(500, by: client)
                }
                guard isFull(history) else { throw Doubt("The log never was full.") }
                guard server.child.end == nil else { throw Doubt("A full map ended it: \(server.child.errors)") }
                _ = try Aftermath(daybook: daybook, history: history).events(of: server)
                guard try server.stop() == .exited(0) else { throw Doubt("It ended with \(server.how).") }
                try Aftermath(daybook: daybook, history: history).examine()
                return .yes
            }
        }
    }

    private static func isFull(_ history: History) -> Bool {
        history.commands.contains { $0.attempts.contains(.refused(status: 507, code: "disk_full")) }
    }

    static let readersFull = Fault(
        "readers-full", "LMDB's table of readers is full of processes which are dead, with clients at work"
    ) { campaign in
        for round in 1...campaign.count(full: 5, short: 1) {
            let label = "round-\(round)"
            campaign.run(label) { daybook in
                let history = History()
                let server = try daybook.mustServe()
                let load = try Load(server, history, clients: 4, seed: campaign.seed(label))
                load.waitUntil(answers: 50, seconds: 10)
                try ReaderTable.fill("\(daybook.data)/log/lock.mdb")
                load.waitUntil(answers: 300, seconds: 2)
                try load.end()
                let answer = try server.connectToQueries().send("GET", "/events")
                guard answer.status == 200 || answer.status >= 500 else {
                    throw Doubt("Without a place in the table /events answers \(answer.status): \(answer.text)")
                }
                let end = try server.stop()
                guard case .exited = end else { throw Doubt("It ended with \(end). \(server.child.errors)") }
                try Aftermath(daybook: daybook, history: history).examine()
                return .yes
            }
        }
    }
}

/// The readers in LMDB's lock file: 64 bytes each behind a head of 128, as 0.9 lays it out.
private enum ReaderTable {
    private static let headBytes = 128
    private static let slotBytes = 64
    private static let countOffset: off_t = 16

    /// Gives every free place to a process that is no more.
    static func fill(_ path: String) throws {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        let size = try Fault.fileSize(path)
        let slots = (size - headBytes) / slotBytes
        guard descriptor >= 0, slots > 0 else { throw Tool.Failed(description: "\(path) has no table of readers") }
        for slot in 0..<slots {
            let offset = off_t(headBytes + slot * slotBytes)
            var process: Int32 = 0
            guard pread(descriptor, &process, 4, offset + 8) == 4, process == 0 else { continue }
            var (transaction, thread, gone): (UInt64, UInt64, Int32) = (1, 1, .max)
            pwrite(descriptor, &transaction, 8, offset)
            pwrite(descriptor, &thread, 8, offset + 16)
            pwrite(descriptor, &gone, 4, offset + 8)
        }
        var count = UInt32(slots)
        pwrite(descriptor, &count, 4, countOffset)
    }
}
