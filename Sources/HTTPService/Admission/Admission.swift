import NIOCore
import Synchronization

/// Lets requests in, as many as can be answered in time; shared by all connections of a server.
final class Admission: Sendable {
    typealias Ticket = AdmissionLimit.Ticket

    private let limit: Mutex<AdmissionLimit>

    init(_ options: AdmissionLimit.Options = AdmissionLimit.Options()) { limit = Mutex(AdmissionLimit(options)) }

    /// A ticket, to be given back once the request is answered; nil where the request is one too many.
    func enter(at now: NIODeadline) -> Ticket? { limit.withLock { $0.enter(at: now) } }

    func leave(_ ticket: Ticket, at now: NIODeadline) { limit.withLock { $0.leave(ticket, at: now) } }

    /// How many requests are let in and not answered yet, and how many may be.
    var state: (inHand: Int, inHandMax: Int) { limit.withLock { ($0.inHand, $0.inHandMax) } }
}
