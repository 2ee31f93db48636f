import Foundation

/// The workload that is the same in every run: a start, a shop's opening, some commands, a stream of commands, a stop.
struct FixedRun {
    let seed: UInt64
    var commands = 16
    var together = 60

    /// Runs it to its end, or to the end of the program; how that was, and what it said.
    func run(on daybook: Daybook, _ history: History) throws -> (end: Spawned.End, errors: String) {
        let server = try daybook.serve()
        guard server.isUp else { return (try server.ending(), server.child.errors) }
        try work(server, history)
        return (try server.stop(), server.child.errors)
    }

    func work(_ server: Server, _ history: History) throws {
        let client = Client(server, history)
        for command in Workload.opening() where server.child.end == nil {
            try client.send(command.name, key: command.key, command.body)
        }
        var workload = Workload("w", seed: seed)
        try workload.run(commands, by: client) { server.child.end == nil }
        if server.child.end == nil { try workload.sendTogether(together, by: client) }
    }
}
