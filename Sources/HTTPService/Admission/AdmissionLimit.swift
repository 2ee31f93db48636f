import NIOCore

/// How many requests may be in hand at once. Follows what is measured: where requests take longer than they do while
/// there is little to do, fewer are let in, until those which are let in are quick again.
///
/// Knows no clock: it is told the time.
struct AdmissionLimit {
    struct Options {
        /// So many are always let in.
        var inHandMin = 64
        var inHandMax = 1_024
        /// Requests let in beside no more than so many others tell how long one takes by itself.
        var calmInHandMax = 8
        /// How many times as long as in calm a request may take.
        var slowdownMax = 1.5
        var windowMilliseconds: Int64 = 50
        /// Of calm requests 99 of 100 are taken to be quicker than this, until some were seen.
        var calmMillisecondsAtFirst = 5.0
    }

    struct Ticket {
        fileprivate let enteredAt: NIODeadline
        fileprivate let isCalm: Bool
    }

    private let options: Options
    private(set) var inHand = 0
    private var limit: Double
    /// The time within which 99 of 100 calm requests were answered, in nanoseconds.
    private(set) var calmNanoseconds: Double
    private var window: (start: NIODeadline, ended: Int, late: Int, wasFull: Bool)

    init(_ options: Options = Options()) {
        self.options = options
        limit = Double(options.inHandMax)
        calmNanoseconds = options.calmMillisecondsAtFirst * 1_000_000
        window = (.uptimeNanoseconds(0), 0, 0, false)
    }

    var inHandMax: Int { Int(limit) }

    /// Lets a request in, or nil: one too many.
    mutating func enter(at now: NIODeadline) -> Ticket? {
        guard inHand < inHandMax else {
            window.wasFull = true
            return nil
        }
        inHand += 1
        return Ticket(enteredAt: now, isCalm: inHand <= options.calmInHandMax)
    }

    mutating func leave(_ ticket: Ticket, at now: NIODeadline) {
        let nanoseconds = Double((now - ticket.enteredAt).nanoseconds)
        // Calm is when it was so at both ends: a storm may have come in between.
        if ticket.isCalm, inHand <= options.calmInHandMax { learn(nanoseconds) }
        inHand -= 1
        window.ended += 1
        if nanoseconds > calmNanoseconds * options.slowdownMax { window.late += 1 }
        if now - window.start > .milliseconds(options.windowMilliseconds) { adapt(now) }
    }

    /// A quantile without a memory of samples: 99 small steps down outweigh one step up.
    private mutating func learn(_ nanoseconds: Double) {
        let step = calmNanoseconds * 0.05
        calmNanoseconds += nanoseconds > calmNanoseconds ? step * 0.99 : -step * 0.01
    }

    private mutating func adapt(_ now: NIODeadline) {
        if window.late * 100 > window.ended {
            limit = max(Double(options.inHandMin), limit * 0.8)
        } else if window.wasFull || limit < Double(inHand) * 2 {
            limit = min(Double(options.inHandMax), limit + max(1, limit * 0.05))
        }
        window = (now, 0, 0, false)
    }
}
