import NIOCore

/// How many requests may be in hand at once: as many as are answered in about the time that one takes while there is little
/// to do (Little's law: in hand = rate × time). Both are measured: the time in calm, the rate while requests are refused.
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
        /// So many are let in until it is known how many are answered in a second.
        var inHandAtFirst = 256
        /// Requests of a time in which never more than so many were in hand tell how long one takes by itself.
        var calmInHandMax = 16
        /// How many times as long as the slowest of calm requests one may take on average.
        var slowdown = 0.75
        var windowMilliseconds: Int64 = 50
        /// Of calm requests 99 of 100 are taken to be quicker than this, until some were seen.
        var calmMillisecondsAtFirst = 5.0
    }

    struct Ticket {
        fileprivate let enteredAt: NIODeadline
    }

    /// What happened since `start`.
    private struct Window {
        let start: NIODeadline
        var ended = 0
        /// The most in hand at once.
        var most: Int
        /// Whether a request was refused.
        var wasFull = false
    }

    private let options: Options
    private(set) var inHand = 0
    private(set) var inHandMax: Int
    /// The time within which 99 of 100 calm requests were answered, in nanoseconds.
    private(set) var calmNanoseconds: Double
    /// Requests answered in a nanosecond: the most that was seen, and less where fewer are answered in a storm.
    private var rate = 0.0
    private var window = Window(start: .uptimeNanoseconds(0), most: 0)
    private var wasCalm = true

    init(_ options: Options = Options()) {
        self.options = options
        inHandMax = min(options.inHandMax, options.inHandAtFirst)
        calmNanoseconds = options.calmMillisecondsAtFirst * 1_000_000
    }

    /// Whether one more request would be one too many.
    mutating func isFull() -> Bool {
        guard inHand >= inHandMax else { return false }
        window.wasFull = true
        return true
    }

    /// Counts a request in.
    mutating func enter(at now: NIODeadline) -> Ticket {
        // Time in which nobody asked tells of no rate.
        if inHand == 0, window.ended == 0 { window = Window(start: now, most: 0) }
        inHand += 1
        window.most = max(window.most, inHand)
        return Ticket(enteredAt: now)
    }

    mutating func leave(_ ticket: Ticket, at now: NIODeadline) {
        if wasCalm, isCalm { learn(Double((now - ticket.enteredAt).nanoseconds)) }
        inHand -= 1
        window.ended += 1
        if now - window.start > .milliseconds(options.windowMilliseconds) { adapt(now) }
    }

    private var isCalm: Bool { window.most <= options.calmInHandMax && !window.wasFull }

    /// A quantile without a memory of samples: 99 small steps down outweigh one step up.
    private mutating func learn(_ nanoseconds: Double) {
        let step = calmNanoseconds * 0.05
        calmNanoseconds += nanoseconds > calmNanoseconds ? step * 0.99 : -step * 0.01
    }

    private mutating func adapt(_ now: NIODeadline) {
        let seen = Double(window.ended) / Double((now - window.start).nanoseconds)
        rate = window.wasFull && rate > 0 ? rate + (seen - rate) * 0.3 : max(rate, seen)
        let least = window.wasFull ? min(options.inHandMin, options.inHandMinInStorm) : options.inHandMin
        inHandMax = max(least, min(options.inHandMax, Int(rate * calmNanoseconds * options.slowdown)))
        wasCalm = isCalm
        window = Window(start: now, most: inHand)
    }
}
