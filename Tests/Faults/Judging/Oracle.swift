/// Compares a log with what a client sent and was answered. It knows the promises and nothing of the program.
package enum Oracle {
    /// Every promise the log breaks; empty where all is well.
    package static func judge(_ history: History, against events: [LoggedEvent]) -> [String] {
        var byKey: [String: [LoggedEvent]] = [:]
        for event in events { byKey[event.key, default: []].append(event) }
        let commands = history.commands
        return history.broken + order(events) + strangers(byKey, commands)
            + commands.flatMap { judge($0, byKey[$0.key] ?? []) }
            + StockBook(events).doubts
    }

    /// Positions and versions: 1, 2, 3 …
    private static func order(_ events: [LoggedEvent]) -> [String] {
        var doubts: [String] = []
        var versions: [String: Int] = [:]
        for (index, event) in events.enumerated() {
            if event.position != index + 1 {
                doubts.append("Position \(event.position) stands where \(index + 1) belongs.")
            }
            let expected = versions[event.stream, default: 0] + 1
            if event.version != expected {
                doubts.append(
                    "Position \(event.position) is version \(event.version) of \(event.stream), not \(expected).")
            }
            versions[event.stream] = event.version
        }
        return doubts
    }

    private static func strangers(_ byKey: [String: [LoggedEvent]], _ commands: [History.Command]) -> [String] {
        let sent = Set(commands.map(\.key))
        return byKey.filter { !sent.contains($0.key) }.map { key, events in
            "Position \(events[0].position) has the key \"\(key)\", which nobody sent."
        }
    }

    private static func judge(_ command: History.Command, _ events: [LoggedEvent]) -> [String] {
        var doubts: [String] = []
        let receipts = command.receipts
        if let first = receipts.first {
            let logged = events.map(\.receiptEvent)
            if logged.isEmpty {
                doubts.append(
                    "\(command.key) (\(command.name)) was acknowledged at position \(first.position) and is not in the log."
                )
            } else if logged != first.events {
                doubts.append(
                    "\(command.key) was answered with \(brief(first.events)), but the log has \(brief(logged)).")
            }
            for receipt in receipts.dropFirst() where !receipt.tellsTheSame(as: first) {
                doubts.append(
                    "\(command.key) was answered \(brief(first.events)) \(first.result), later \(brief(receipt.events)) \(receipt.result)."
                )
            }
            if receipts.dropFirst().contains(where: { !$0.isReplayed }) {
                doubts.append("\(command.key) was accepted again as if it were new.")
            }
        } else if !events.isEmpty, !command.mayHaveHappened {
            doubts.append(
                "\(command.key) was refused (\(command.attempts)) and is in the log at \(events[0].position).")
        }
        for (one, next) in zip(events, events.dropFirst()) where next.position != one.position + 1 {
            doubts.append("\(command.key) stands in the log at \(one.position) and again at \(next.position).")
        }
        return doubts
    }

    private static func brief(_ events: [History.Receipt.Event]) -> String {
        events.map { "\($0.position) \($0.stream)@\($0.version) \($0.type)" }.joined(separator: ", ")
    }
}
