import HTTPTypes
import NIOCore

/// Judges how long a client took for what it is at. Knows no sockets: it is told the time and what moved.
struct ConnectionClock {
    enum Activity: Equatable {
        case idle, head, body, stream, answering, closing
    }

    enum Verdict {
        case fine
        /// Said to the client, where that is still possible.
        case late(Problem)
        /// Nothing to be said: nothing was asked, or nobody listens.
        case gone
    }

    private let limits: ServerLimits
    private var activity = Activity.idle
    private var since = NIODeadline.uptimeNanoseconds(0)
    /// Bytes that came in, and that were written for the client.
    var received = 0
    var written = 0
    /// Whether it is the client's turn to send: nobody who is slow to read may blame it.
    var awaitsBytes = false
    var check: Scheduled<Void>?

    /// What had moved at the beginning of the present window, in each direction. Nil while nothing is awaited.
    private var incoming: (start: NIODeadline, moved: Int)?
    private var outgoing: (start: NIODeadline, moved: Int)?

    init(_ limits: ServerLimits) { self.limits = limits }

    mutating func begin(_ activity: Activity, at now: NIODeadline) {
        self.activity = activity
        since = now
        incoming = nil
    }

    mutating func cancel() {
        check?.cancel()
        check = nil
    }

    /// - Parameters:
    ///   - buffered: bytes written which this machine's socket has not taken.
    ///   - acknowledged: bytes which the client's machine has taken, where that is known: a socket asks for more only when
    ///     a third of what it holds is gone, some megabyte.
    mutating func verdict(at now: NIODeadline, buffered: Int, acknowledged: Int?) -> Verdict {
        if isTooSlow(&outgoing, awaited: buffered > 0, moved: acknowledged ?? (written - buffered), now) {
            return .gone
        }
        let isStalled =
            activity == .stream && isTooSlow(&incoming, awaited: awaitsBytes, moved: received, now)
        switch activity {
        case .idle: return now - since > .seconds(limits.idleSecondsMax) ? .gone : .fine
        case .closing: return buffered == 0 && now - since > .seconds(limits.lingerSecondsMax) ? .gone : .fine
        case .answering: return .fine
        case .head:
            guard now - since > .seconds(limits.headSecondsMax) else { return .fine }
            return .late(timeout("The head of a request is awaited for \(limits.headSecondsMax) seconds."))
        case .body:
            guard awaitsBytes, now - since > .seconds(limits.bodySecondsMax) else { return .fine }
            return .late(timeout("The body of a request is awaited for \(limits.bodySecondsMax) seconds."))
        case .stream:
            guard isStalled else { return .fine }
            return .late(
                timeout("A stream must bring \(limits.bytesPerWindowMin) bytes in \(limits.windowSeconds) seconds."))
        }
    }

    private func isTooSlow(
        _ window: inout (start: NIODeadline, moved: Int)?, awaited: Bool, moved: Int, _ now: NIODeadline
    ) -> Bool {
        guard awaited else {
            window = nil
            return false
        }
        guard let begun = window, moved - begun.moved < limits.bytesPerWindowMin else {
            window = (now, moved)
            return false
        }
        return now - begun.start > .seconds(limits.windowSeconds)
    }

    private func timeout(_ why: String) -> Problem {
        Problem(.requestTimeout, "request_timeout", why + " Send it again, faster.")
    }
}
