import NIOCore

/// How many requests may be in hand at once. Follows what is measured: where requests take longer than they do while
/// there is little to do, fewer are let in, until those which are let in are quick again.
///
/// Knows no clock: it is told the time.
struct AdmissionLimit {
    struct Options {
        /// So many are let in however long they take, as long as no more ask: refusing would make nobody quicker who waits
        /// for his own turn.
        var inHandMin = 64
        /// So many are always let in, even in a storm.
        var inHandMinInStorm = 8
        var inHandMax = 1_024
        /// Requests of a time in which never more than so many were in hand tell how long one takes by itself.
        var calmInHandMax = 16
        /// How many times as long as in calm a request may take.
        var slowdownMax = 1.5
        var windowMilliseconds: Int64 = 50
        /// Of calm requests 99 of 100 are taken to be quicker than this, until some were seen.
        var calmMillisecondsAtFirst = 5.0
    }

    struct Ticket {
        fileprivate let enteredAt: NIODeadline
    }

    private let options: Options
    private(set) var inHand = 0
    private var limit: Double
    /// The time within which 99 of 100 calm requests were answered, in nanoseconds.
    private(set) var calmNanoseconds: Double
    private var window: (start: NIODeadline, ended: Int, late: Int, wasFull: Bool)
    /// The most in hand in this window, and whether the one before it was calm.
    private var most = 0
    private var wasCalm = true

    init(_ options: Options = Options()) {
        self.options = options
        limit = Double(options.inHandMax)
        calmNanoseconds = options.calmMillisecondsAtFirst * 1_000_000
        window = (.uptimeNanoseconds(0), 0, 0, false)
    }

    var inHandMax: Int { Int(limit) }

    /// Whether one more request would be one too many.
    mutating func isFull() -> Bool {
        guard inHand >= inHandMax else { return false }
        window.wasFull = true
        return true
    }

    /// Counts a request in.
    mutating func enter(at now: NIODeadline) -> Ticket {
        inHand += 1
        most = max(most, inHand)
        return Ticket(enteredAt: now)
    }

    mutating func leave(_ ticket: Ticket, at now: NIODeadline) {
        let nanoseconds = Double((now - ticket.enteredAt).nanoseconds)
        if wasCalm, isCalm { learn(nanoseconds) }
        inHand -= 1
        window.ended += 1
        if nanoseconds > calmNanoseconds * options.slowdownMax { window.late += 1 }
        if now - window.start > .milliseconds(options.windowMilliseconds) { adapt(now) }
    }

    private var isCalm: Bool { most <= options.calmInHandMax && !window.wasFull }

    /// A quantile without a memory of samples: 99 small steps down outweigh one step up.
    private mutating func learn(_ nanoseconds: Double) {
        let step = calmNanoseconds * 0.05
        calmNanoseconds += nanoseconds > calmNanoseconds ? step * 0.99 : -step * 0.01
    }

    private mutating func adapt(_ now: NIODeadline) {
        let least = Double(window.wasFull ? min(options.inHandMin, options.inHandMinInStorm) : options.inHandMin)
        if window.late * 100 > window.ended {
            limit = limit * 0.8
        } else if window.wasFull || limit < Double(inHand) * 2 {
            limit = min(Double(options.inHandMax), limit + max(1, limit * 0.05))
        }
        limit = max(limit, least)
        wasCalm = isCalm
        most = inHand
        window = (now, 0, 0, false)
    }
}
