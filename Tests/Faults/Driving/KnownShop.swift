import Foundation

/// A data directory with a history that is known by heart: what every question about it must answer.
struct KnownShop: Sendable {
    let history: History
    let directory: String
    let lines: [String]
    let answers: [String: String]

    static let paths =
        Workload.skus.flatMap { ["/stock/\($0)", "/stock/\($0)/movements", "/streams/stock-\($0)"] }
        + ["/catalog/products?limit=100", "/search?q=lamp", "/reports/sales?by=product", "/orders?limit=100"]

    /// Makes one at `directory/data` and stops the program properly.
    init(_ daybook: Daybook, seed: UInt64, commands: Int, together: Int) throws {
        try self.init(daybook, History()) { server, history in
            try FixedRun(seed: seed, commands: commands, together: together).work(server, history)
        }
    }

    /// Copies `older` to `directory/data` and has the copy go on.
    init(_ daybook: Daybook, after older: KnownShop) throws {
        try older.copy(to: daybook.data)
        try self.init(daybook, History(continuing: older.history)) { server, history in
            var workload = Workload("later", seed: 1)
            try workload.run(60, by: Client(server, history))
        }
    }

    /// Copies `older` to `directory/data`, where its log is changed by the edits in a file.
    init(_ daybook: Daybook, _ older: KnownShop, migratedBy edits: String) throws {
        try older.copy(to: daybook.data)
        let migrated = try daybook.run(["migrate", "log", edits, "--switch"])
        guard migrated.end == .exited(0) else { throw Doubt("A sound shop is not migrated: \(migrated.errors)") }
        try self.init(daybook, older.history, statuses: [200, 404]) { _, _ in }
    }

    private init(
        _ daybook: Daybook, _ history: History, statuses: Set<Int> = [200], _ work: (Server, History) throws -> Void
    ) throws {
        directory = daybook.data
        self.history = history
        let server = try daybook.mustServe()
        try work(server, history)
        let events = try Aftermath(daybook: daybook, history: history).events(of: server)
        lines = events.map(\.line)
        answers = try Self.ask(server, at: events.count).mapValues { answer in
            guard statuses.contains(answer.status) else {
                throw Doubt("A sound shop answers \(answer.status): \(answer.text)")
            }
            return Answers.timeless(answer.text)
        }
        guard try server.stop() == .exited(0) else { throw Doubt("A sound shop does not stop: \(server.child.errors)") }
    }

    func copy(to directory: String) throws {
        try Tool.run(["cp", "-a", self.directory, directory])
    }

    private static func ask(_ server: Server, at position: Int) throws -> [String: HTTPConnection.Answer] {
        var answers: [String: HTTPConnection.Answer] = [:]
        var connection = try server.connectToQueries()
        for path in paths {
            do {
                answers[path] = try connection.send("GET", path, headers: ["Daybook-Position": "\(position)"])
            } catch let lost {
                if case .timedOut = lost { throw Doubt("\(path) hangs: \(lost)") }
                guard server.child.ends(within: 1) == nil else { return answers }
                connection = try server.connectToQueries()
            }
        }
        return answers
    }

    // MARK: Damage

    /// The files were damaged: nothing may be answered that differs from what the shop answered before. To refuse with
    /// a reason is right; to die of it, to hang, or to answer otherwise is not.
    ///
    /// - Parameter askingServer: whether `serve` is tried too, which takes most of the time.
    func demandNoWrongAnswer(from daybook: Daybook, askingServer: Bool = true) throws {
        let verified = try daybook.run(["verify"])
        try demandReason(verified, of: "verify")
        try demandHistory(try daybook.run(["events"]), foundSound: verified.end == .exited(0))
        if askingServer { try demandAnswers(of: daybook) }
    }

    /// The shop in the program's directory is this one, and sound.
    func demandItself(_ daybook: Daybook) throws {
        let told = try daybook.run(["events"])
        guard told.end == .exited(0), told.output.split(separator: "\n").elementsEqual(lines, by: { $0 == $1 }) else {
            throw Doubt("daybook events, \(told.end), tells another history: \(brief(told.errors))")
        }
        let server = try daybook.mustServe()
        for (path, answer) in try Self.ask(server, at: lines.count) {
            let text = Answers.timeless(answer.text)
            guard text == answers[path] else {
                throw Doubt("\(path) answers \(answer.status) \(brief(text)) instead of \(brief(answers[path] ?? ""))")
            }
        }
        try demandSameReceipts(from: server)
        guard try server.stop() == .exited(0) else { throw Doubt("It does not stop: \(server.child.errors)") }
    }

    private func demandReason(_ result: (end: Spawned.End, output: String, errors: String), of command: String) throws {
        guard case .exited(let code) = result.end else {
            throw Doubt("daybook \(command) was \(result.end): \(brief(result.errors))")
        }
        guard code == 0 || !(result.errors + result.output).isEmpty else {
            throw Doubt("daybook \(command) ended with \(code) and gave no reason.")
        }
    }

    private func demandHistory(
        _ result: (end: Spawned.End, output: String, errors: String), foundSound: Bool
    ) throws {
        try demandReason(result, of: "events")
        let told = result.output.split(separator: "\n").map(String.init)
        guard lines.starts(with: told) else { throw Doubt("daybook events tells another history.") }
        guard told.count == lines.count || result.end != .exited(0) else {
            throw Doubt("daybook events tells \(told.count) of \(lines.count) events and says nothing of the others.")
        }
        guard told.count == lines.count || !foundSound else {
            throw Doubt(
                "daybook verify finds nothing wrong, but daybook events ends with \(result.end): \(brief(result.errors))"
            )
        }
    }

    private func demandAnswers(of daybook: Daybook) throws {
        let server = try daybook.serve()
        guard server.isUp else {
            let end = try server.ending()
            guard case .exited(let code) = end, code != 0, !server.child.errors.isEmpty else {
                throw Doubt("daybook serve ended with \(end) at its start: \(brief(server.child.errors))")
            }
            return
        }
        for (path, answer) in try Self.ask(server, at: lines.count) where answer.status < 500 {
            let text = Answers.timeless(answer.text)
            guard text == answers[path] else {
                throw Doubt("\(path) answers \(answer.status) \(brief(text)) instead of \(brief(answers[path] ?? ""))")
            }
        }
        try demandSameReceipts(from: server)
        server.child.send(SIGTERM)
        let end = try server.ending()
        guard case .exited = end else { throw Doubt("daybook serve was \(end): \(brief(server.child.errors))") }
    }

    /// Keys that were acknowledged are not taken for new ones, nor for others.
    private func demandSameReceipts(from server: Server) throws {
        let acknowledged = history.commands.filter { !$0.receipts.isEmpty }
        for command in stride(from: 0, to: acknowledged.count, by: max(1, acknowledged.count / 8)).map({
            acknowledged[$0]
        })
        where server.child.end == nil {
            let answered = History()
            try Client(server, answered).send(command.name, key: command.key, command.body)
            switch answered.commands[0].attempts[0] {
            case .unknown: continue
            case .refused(let status, _) where status >= 500: continue
            case .refused(let status, let code):
                throw Doubt("\(command.key), acknowledged once, is now refused: \(status) \(code)")
            case .accepted(let receipt):
                guard receipt.isReplayed, receipt.tellsTheSame(as: command.receipts[0]) else {
                    throw Doubt(
                        "\(command.key), acknowledged at \(command.receipts[0].position), is now accepted at \(receipt.position)."
                    )
                }
            }
        }
    }

    private func brief(_ text: String) -> String {
        text.count < 400 ? text : "\(text.prefix(200)) … \(text.suffix(200))"
    }
}
