import Foundation
import Synchronization

/// Everything a client sent, and everything it was answered, in order.
package final class History: Sendable {
    package struct Command: Sendable {
        package let key: String
        package let name: String
        package let body: String
        package var attempts: [Outcome] = []

        package init(key: String, name: String, body: String, attempts: [Outcome] = []) {
            self.key = key
            self.name = name
            self.body = body
            self.attempts = attempts
        }
    }

    package enum Outcome: Sendable, Equatable {
        case accepted(Receipt)
        /// Answered as not carried out: nothing of it may be in the log.
        case refused(status: Int, code: String)
        /// No answer, or one which says that the outcome is unknown.
        case unknown(String)
    }

    package struct Receipt: Sendable, Equatable {
        package struct Event: Sendable, Hashable {
            package let position: Int
            package let stream: String
            package let version: Int
            package let type: String

            package init(position: Int, stream: String, version: Int, type: String) {
                self.position = position
                self.stream = stream
                self.version = version
                self.type = type
            }
        }

        package let position: Int
        package let events: [Event]
        /// `result`, as JSON with sorted keys.
        package let result: String
        package let isReplayed: Bool

        package init(position: Int, events: [Event], result: String, isReplayed: Bool) {
            self.position = position
            self.events = events
            self.result = result
            self.isReplayed = isReplayed
        }

        /// Whether both tell of the same deed, whichever time it was answered.
        package func tellsTheSame(as other: Receipt) -> Bool {
            position == other.position && events == other.events && result == other.result
        }
    }

    private struct State {
        var commands: [Command] = []
        var places: [String: Int] = [:]
        var poisonedWith: String?
        var broken: [String] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// What another one holds by now, to go on from.
    package init(continuing other: History) {
        let known = other.state.withLock { $0 }
        state.withLock { $0 = known }
    }

    package var commands: [Command] { state.withLock { $0.commands } }

    /// Promises broken in the answers alone.
    package var broken: [String] { state.withLock { $0.broken } }

    /// How many commands were acknowledged.
    package var acknowledged: Int { commands.count { !$0.receipts.isEmpty } }

    package var isPoisoned: Bool { state.withLock { $0.poisonedWith != nil } }

    /// Notes that a command is about to be sent; true where an answer told before that the writer is poisoned.
    package func willSend(key: String, name: String, body: String) -> Bool {
        state.withLock { state in
            if state.places[key] == nil {
                state.places[key] = state.commands.count
                state.commands.append(Command(key: key, name: name, body: body))
            }
            return state.poisonedWith != nil
        }
    }

    package func note(_ outcome: Outcome, of key: String, sentAfterPoison: Bool) {
        state.withLock { state in
            guard let place = state.places[key] else { preconditionFailure("noted before it was sent") }
            state.commands[place].attempts.append(outcome)
            if case .unknown("writer_poisoned") = outcome { state.poisonedWith = key }
            if sentAfterPoison, case .accepted(let receipt) = outcome, !receipt.isReplayed {
                state.broken.append("\(key) was sent after an answer that the writer is poisoned, and was accepted.")
            }
        }
    }

    /// A process begins: what an earlier one said of itself does not bind it.
    package func beginProcess() { state.withLock { $0.poisonedWith = nil } }
}

extension History.Command {
    package var receipts: [History.Receipt] {
        attempts.compactMap { if case .accepted(let receipt) = $0 { receipt } else { nil } }
    }

    /// Whether it may be in the log although nobody was told so.
    package var mayHaveHappened: Bool {
        attempts.isEmpty || attempts.contains { if case .unknown = $0 { true } else { false } }
    }
}
