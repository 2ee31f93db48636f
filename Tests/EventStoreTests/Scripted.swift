import Dispatch
import Ledger
import Synchronization

/// A command which does what the test says.
struct Scripted: Command {
    static let name = "scripted"
    var subject: StreamName?
    var words = ""
    let script: @Sendable (any Books, Moment) throws -> [StreamEvent]

    func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] { try script(books, moment) }

    func describe(to bytes: inout CanonicalBytes) { bytes.add(words) }
}

extension Scripted {
    /// A command with one event of no consequence.
    static func note(_ words: String) -> Scripted {
        Scripted(words: words) { _, _ in
            let line = Adjustment.Line(code: sku("A"), delta: 1, reason: words)
            let adjustment = Adjustment(
                reference: nil, country: nil, currency: .gbp, location: Location(trusted: "main"), lines: [line])
            return [.of(words, .adjustmentRecorded(adjustment))]
        }
    }

    /// Waits inside the decision, so that the Writer's thread stands still, and is refused.
    static func wait(at gate: Gate) -> Scripted {
        Scripted { _, _ in
            gate.hold()
            throw Refusal(.cartEmpty, "Waited at the gate.")
        }
    }

    /// Lends the Writer's own books, and is refused.
    static func look(_ body: @escaping @Sendable (any Books) throws -> Void) -> Scripted {
        Scripted { books, _ in
            try body(books)
            throw Refusal(.cartEmpty, "Looked at the books.")
        }
    }
}

/// Holds the thread that comes to it until it is opened, and says when one has come.
final class Gate: Sendable {
    private let opening = DispatchSemaphore(value: 0)
    private let arrivals = AsyncStream<Void>.makeStream()
    private let state = Mutex(false)

    var isOpen: Bool { state.withLock { $0 } }

    /// Opens for the one who waits, or for the next one who comes.
    func open() {
        state.withLock { $0 = true }
        opening.signal()
    }

    func hold() {
        arrivals.continuation.yield()
        opening.wait()
    }

    /// Returns when somebody waits.
    func isReached() async {
        for await _ in arrivals.stream { return }
    }
}
