import NIOCore
import Synchronization

/// Lets requests in, as many as can be answered in time; shared by all connections of a server.
final class Admission: Sendable {
    typealias Ticket = AdmissionLimit.Ticket

    private let limit: Mutex<AdmissionLimit>

    init(_ options: AdmissionLimit.Options = AdmissionLimit.Options()) { limit = Mutex(AdmissionLimit(options)) }

    /// Whether one more request would be one too many.
    func isFull(at now: NIODeadline) -> Bool { limit.withLock { $0.isFull(at: now) } }

    /// A ticket, to be given back once the request is answered.
    func enter(at now: NIODeadline) -> Ticket { limit.withLock { $0.enter(at: now) } }

    /// Likewise, for a request that is refused and will be told so.
    func refuse(at now: NIODeadline) -> Ticket { limit.withLock { $0.refuse(at: now) } }

    func leave(_ ticket: Ticket, at now: NIODeadline) { limit.withLock { $0.leave(ticket, at: now) } }

    /// How many requests are let in and not answered yet, and how many may be.
    var state: (inHand: Int, inHandMax: Int) { limit.withLock { ($0.inHand, $0.inHandMax) } }
}
