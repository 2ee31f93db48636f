import Ledger

/// What the Writer decided together, to be written in one transaction and answered after it.
///
/// Sendable because it is filled under the Writer's lock, and never changed after it was handed over to be written.
final class Batch: @unchecked Sendable {
    /// A command that was accepted, and where the first of its events will stand.
    struct Accepted {
        let submission: Submission
        let events: [StreamEvent]
        let first: Position
    }

    /// What became of a command.
    enum Decision {
        /// Accepted in this batch, as its command number.
        case accepted(Int)
        /// A command with the same key was accepted in a batch which is not durable yet, as its command number.
        case repeated(Batch, Int)
        /// Known without this batch.
        case told(Outcome)
    }

    /// 1, 2, 3 … in the order of writing.
    let number: UInt64
    /// The position before the first record.
    let start: Position
    let records = RecordBuffer(capacity: 64 << 10)
    private(set) var entries: [IndexEntry] = []
    private var kinds: [(version: Version, type: EventType)] = []
    /// In the order of their positions.
    private var accepted: [Accepted] = []
    private(set) var decided: [(group: CommandQueue.Group, decisions: [Decision])] = []
    private(set) var commandCount = 0
    var snapshots: [DueSnapshot] = []

    init(number: UInt64, start: Position) {
        self.number = number
        self.start = start
    }

    func version(at position: Position) -> Version { kinds[Int(position.rawValue - start.rawValue) - 1].version }

    var end: Position { start.advanced(by: entries.count) }

    func append(_ group: CommandQueue.Group, _ decisions: [Decision]) {
        decided.append((group, decisions))
        commandCount += decisions.count
    }

    func append(_ entry: IndexEntry, _ version: Version, _ type: EventType) {
        entries.append(entry)
        kinds.append((version, type))
    }

    /// Takes the records behind `end` out again.
    func truncate(to end: Position) {
        let count = Int(end.rawValue - start.rawValue)
        records.truncate(to: count)
        entries.removeLast(entries.count - count)
        kinds.removeLast(kinds.count - count)
    }

    func accept(_ command: Accepted) -> Decision {
        accepted.append(command)
        return .accepted(accepted.count - 1)
    }

    /// The number of the command whose first event is at the position; nil where it is not one of this batch.
    func command(at position: Position) -> Int? {
        var (low, high) = (0, accepted.count)
        while low < high {
            let middle = (low + high) / 2
            if accepted[middle].first < position { low = middle + 1 } else { high = middle }
        }
        return low < accepted.count && accepted[low].first == position ? low : nil
    }

    func submission(of command: Int) -> Submission { accepted[command].submission }

    /// What a command is answered once its batch is durable.
    func receipt(of command: Int, isRepeated: Bool = false) -> Receipt {
        let accepted = accepted[command]
        let offset = Int(accepted.first.rawValue - start.rawValue) - 1
        var entries: [Receipt.Entry] = []
        entries.reserveCapacity(accepted.events.count)
        for (index, event) in accepted.events.enumerated() {
            let (version, type) = kinds[offset + index]
            entries.append(
                Receipt.Entry(
                    position: accepted.first.advanced(by: index), stream: event.stream, version: version, type: type))
        }
        let command = accepted.submission.command
        return Receipt(
            events: entries, result: command.result(of: accepted.events), subject: command.subject,
            isRepeated: isRepeated)
    }
}

// Answering.
extension Batch {
    /// Tells everybody what became of their commands. Only when the batch is durable.
    func answer() {
        for (group, decisions) in decided {
            group.answer(
                decisions.map { decision in
                    switch decision {
                    case .accepted(let command): .accepted(receipt(of: command))
                    case .repeated(let batch, let command): .accepted(batch.receipt(of: command, isRepeated: true))
                    case .told(let outcome): outcome
                    }
                })
        }
    }

    /// Answers nothing but the error, though the batch is durable here: it may be asked for again.
    func fail(_ error: EventStoreError) {
        for (group, decisions) in decided { group.answer(decisions.map { _ in .failed(error) }) }
    }

    /// Tells everybody that the batch was not written. Refusals which rest on durable events alone stand.
    ///
    /// - Parameter restsOnLost: whether a batch before this one was not written either.
    func refuse(_ error: EventStoreError, restsOnLost: Bool) {
        var restsOnLost = restsOnLost
        for (group, decisions) in decided {
            group.answer(
                decisions.map { decision in
                    switch decision {
                    case .told(.accepted(let receipt)): return .accepted(receipt)
                    case .told(let outcome) where !restsOnLost: return outcome
                    case .told: return .failed(error)
                    case .accepted, .repeated:
                        restsOnLost = true
                        return .failed(error)
                    }
                })
        }
    }
}
