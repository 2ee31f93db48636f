import Foundation

/// Sends commands and notes what was sent and what came back. One connection, one command at a time; of several servers, to
/// another one when one has not answered or does not know.
final class Client {
    private let servers: [Server]
    private var current = 0
    private let history: History
    private var connection: HTTPConnection?

    convenience init(_ server: Server, _ history: History) { self.init([server], history) }

    init(_ servers: [Server], _ history: History) {
        self.servers = servers
        self.history = history
    }

    /// Sends one command; nil where nothing was answered.
    ///
    /// - Throws: `Doubt` where the server keeps the connection and says nothing.
    @discardableResult
    func send(_ name: String, key: String, _ body: String) throws -> HTTPConnection.Answer? {
        let afterPoison = history.willSend(key: key, name: name, body: body)
        do {
            let connection = try connection ?? server.connectToCommands()
            self.connection = connection
            let answer = try connection.send(
                "POST", "/commands/\(name)",
                headers: ["Content-Type": "application/json", "Idempotency-Key": key], body: Array(body.utf8))
            let outcome = try Self.outcome(of: answer)
            history.note(outcome, of: key, sentAfterPoison: afterPoison)
            if case .unknown = outcome, servers.count > 1 { turnToNext() }
            return answer
        } catch let lost as HTTPConnection.Lost {
            try note(lost, of: [key], afterPoison)
            return nil
        }
    }

    /// Sends many as one NDJSON stream.
    func sendTogether(_ commands: [(name: String, key: String, body: String)]) throws {
        var afterPoison = false
        for command in commands {
            afterPoison = history.willSend(key: command.key, name: command.name, body: command.body)
        }
        let lines = commands.map { #"{"command":"\#($0.name)","key":"\#($0.key)","body":\#($0.body)}"# + "\n" }.joined()
        do {
            let connection = try connection ?? server.connectToCommands()
            self.connection = connection
            let answer = try connection.send(
                "POST", "/commands", headers: ["Content-Type": "application/x-ndjson"], body: Array(lines.utf8))
            let answers = answer.text.split(separator: "\n")
            guard answers.count == commands.count else {
                throw HTTPConnection.Lost.closed("\(answers.count) of \(commands.count) lines were answered")
            }
            for (command, line) in zip(commands, answers) {
                history.note(try Self.outcome(ofLine: line), of: command.key, sentAfterPoison: afterPoison)
            }
        } catch let lost as HTTPConnection.Lost {
            try note(lost, of: commands.map(\.key), afterPoison)
        }
    }

    private func note(_ lost: HTTPConnection.Lost, of keys: [String], _ afterPoison: Bool) throws {
        turnToNext()
        for key in keys { history.note(.unknown("\(lost)"), of: key, sentAfterPoison: afterPoison) }
        if case .timedOut = lost { throw Doubt("daybook serve hangs: \(keys[0]) got \(lost)") }
    }

    private func turnToNext() {
        current = (current + 1) % servers.count
        connection = nil
    }

    private var server: Server { servers[current] }

    // MARK: What an answer says

    private static func outcome(of answer: HTTPConnection.Answer) throws -> History.Outcome {
        guard let fields = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any] else {
            throw Doubt("An answer of status \(answer.status) is no JSON: \(answer.text)")
        }
        return try outcome(answer.status, fields, isReplayed: answer.headers["idempotency-replayed"] == "true")
    }

    private static func outcome(ofLine line: Substring) throws -> History.Outcome {
        guard let fields = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
            let status = fields["status"] as? Int
        else { throw Doubt("A line of the answer has no status: \(line)") }
        return try outcome(status, fields, isReplayed: false)
    }

    private static func outcome(_ status: Int, _ fields: [String: Any], isReplayed: Bool) throws -> History.Outcome {
        guard status < 300 else {
            let code = fields["code"] as? String ?? "status \(status)"
            // After these the program itself says that it does not know, or that it could not look.
            let isOpen = ["writer_poisoned", "replica_away", "log_away", "fenced"].contains(code) || status == 500
            return isOpen ? .unknown(code) : .refused(status: status, code: code)
        }
        guard let position = fields["position"] as? Int, let events = fields["events"] as? [[String: Any]] else {
            throw Doubt("An acknowledgement has no position or no events: \(fields)")
        }
        let result = try JSONSerialization.data(withJSONObject: fields["result"] ?? [:], options: [.sortedKeys])
        return .accepted(
            History.Receipt(
                position: position,
                events: try events.map { event in
                    guard let position = event["position"] as? Int, let stream = event["stream"] as? String,
                        let version = event["version"] as? Int, let type = event["type"] as? String
                    else { throw Doubt("An acknowledged event is not whole: \(event)") }
                    return History.Receipt.Event(position: position, stream: stream, version: version, type: type)
                }, result: String(decoding: result, as: UTF8.self), isReplayed: isReplayed))
    }
}
