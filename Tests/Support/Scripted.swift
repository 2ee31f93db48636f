import Dispatch
package import Ledger
import Synchronization

/// A command which does what the test says.
package struct Scripted: Command {
    package static let name = "scripted"
    package var subject: StreamName? { nil }
    private let script: @Sendable (any Books, Moment) throws -> [StreamEvent]

    package init(_ script: @escaping @Sendable (any Books, Moment) throws -> [StreamEvent]) { self.script = script }

    /// Events that no rule was asked about: how a past is made which would take its time.
    package init(_ events: [StreamEvent]) { script = { _, _ in events } }

    /// Waits inside the decision, so that the Writer's thread stands still, and is refused.
    package static func wait(at gate: Gate) -> Scripted {
        Scripted { _, _ in
            gate.hold()
            throw Refusal(.cartEmpty, "Waited at the gate.")
        }
    }

    package func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] { try script(books, moment) }

    package func describe(to bytes: inout CanonicalBytes) {}
}

/// Holds the threads that come to it until it is opened for each, and says when one has come.
package final class Gate: Sendable {
    private let opening = DispatchSemaphore(value: 0)
    private let arrivals = AsyncStream<Void>.makeStream()

    package init() {}

    /// Lets one go on that waits, or the next one who comes.
    package func open() { opening.signal() }

    package func hold() {
        arrivals.continuation.yield()
        opening.wait()
    }

    /// Returns when somebody waits.
    package func isReached() async {
        for await _ in arrivals.stream { return }
    }
}
