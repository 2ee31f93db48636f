import Foundation

/// What is looked at after every fault: the program comes back, and every promise still holds.
struct Aftermath {
    let daybook: Daybook
    let history: History
    /// How many acknowledged commands are sent again; those without an answer are all sent again.
    var repeatedMax = 40

    /// - Throws: `Doubt` for the first kind of promise that does not hold.
    func examine() throws {
        let server = try daybook.mustServe()
        try examine(server)
    }

    /// The same for a server that runs already.
    func examine(_ server: Server) throws {
        history.beginProcess()
        let before = try events(of: server)
        try demand(Oracle.judge(history, against: before))
        try sendAgain(to: server)
        let after = try events(of: server)
        try demand(Oracle.judge(history, against: after))
        guard after.map(\.line).starts(with: before.map(\.line)) else {
            throw Doubt("The log's older part is not what it was before commands were sent again.")
        }
        let live = try Answers.collect(from: server, after)
        try demand(live.judgeStock(after))
        try stop(server)
        try verify()
        try rebuild(after, live)
    }

    /// Read models and index are thrown away; made anew they say the same.
    private func rebuild(_ events: [LoggedEvent], _ live: Answers) throws {
        for part in ["read", "index"] { try FileManager.default.removeItem(atPath: "\(daybook.data)/\(part)") }
        let server = try daybook.mustServe()
        try demand(live.differences(from: try Answers.collect(from: server, events)))
        try sendAgain(to: server, unansweredToo: false)
        try demand(Oracle.judge(history, against: try self.events(of: server)))
        try stop(server)
    }

    private func stop(_ server: Server) throws {
        let end = try server.stop()
        guard end == .exited(0) else { throw Doubt("Told to stop, it ended with \(end). \(server.child.errors)") }
    }

    private func verify() throws {
        let result = try daybook.run(["verify"] + (daybook.postgresURL.map { ["--against", $0] } ?? []))
        guard result.end == .exited(0) else {
            throw Doubt("daybook verify: \(result.end). \(result.output)\(result.errors)")
        }
    }

    func events(of server: Server) throws -> [LoggedEvent] {
        let answer = try server.connectToQueries().send(
            "GET", "/events", headers: ["Accept": "application/x-ndjson"])
        guard answer.status == 200 else { throw Doubt("/events is answered \(answer.status): \(answer.text)") }
        return try LoggedEvent.parse(ndjson: answer.text)
    }

    private func sendAgain(to server: Server, unansweredToo: Bool = true) throws {
        let client = Client(server, history)
        let commands = history.commands
        let acknowledged = commands.filter { !$0.receipts.isEmpty }
        let step = max(1, acknowledged.count / repeatedMax)
        var again = stride(from: 0, to: acknowledged.count, by: step).map { acknowledged[$0] }
        if unansweredToo { again += commands.filter { $0.receipts.isEmpty && $0.mayHaveHappened } }
        for command in again { try client.send(command.name, key: command.key, command.body) }
        guard
            let lost = history.commands.first(where: { command in
                again.contains { $0.key == command.key } && command.attempts.last.map(Self.isLost) ?? true
            })
        else { return }
        throw Doubt(
            "\(lost.key), sent again after the fault, got no answer: \(String(describing: lost.attempts.last)). \(server.child.errors)"
        )
    }

    private static func isLost(_ outcome: History.Outcome) -> Bool {
        if case .unknown = outcome { true } else { false }
    }

    private func demand(_ doubts: [String]) throws {
        guard let first = doubts.first else { return }
        throw Doubt(doubts.count == 1 ? first : "\(doubts.prefix(4).joined(separator: " ")) (\(doubts.count) doubts)")
    }
}
