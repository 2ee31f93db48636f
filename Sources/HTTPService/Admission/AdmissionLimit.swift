import NIOCore

/// How many requests may be in hand at once: as many as are answered in about the time that one takes while there is little
/// to do (Little's law: in hand = rate × time). Both are measured: the time in calm, the rate while requests are refused.
///
/// Fewer than `inHandMin` are let in only while more than that are there at once, in hand or waiting to be told that they
/// are too many. Who is refused may ask again at once: whether there is a storm follows from how many ask, and not from
/// whether some are refused, or else it would keep itself alive.
///
/// Knows no clock: it is told the time.
struct AdmissionLimit {
    struct Options {
        /// So many are let in however long they take, as long as no more ask: refusing would make nobody quicker who waits
        /// for his own turn.
        var inHandMin = 64
        /// So many are always let in, even in a storm.
        var inHandMinInStorm = 8
        /// How many fewer are let in for each that is there above `inHandMin`.
        var fewerForEachAbove = 4
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

    /// One request that is there, from its coming until it is answered.
    struct Ticket {
        fileprivate let enteredAt: NIODeadline
        fileprivate let isLetIn: Bool
    }

    /// What happened since `start`.
    private struct Window {
        var start: NIODeadline
        var ended = 0
        /// The most in hand at once.
        var most: Int
        /// The most that were there at once.
        var asked: Int
        /// Whether a request was refused.
        var wasFull = false
    }

    private let options: Options
    private(set) var inHand = 0
    /// Refused, and not told yet.
    private var refused = 0
    /// As many as are answered in time.
    private var inTime: Int
    /// The time within which 99 of 100 calm requests were answered, in nanoseconds.
    private(set) var calmNanoseconds: Double
    /// Requests answered in a nanosecond: the most that was seen, and less where fewer are answered in a storm.
    private var rate = 0.0
    private var window = Window(start: .uptimeNanoseconds(0), most: 0, asked: 0)
    /// The most that were there at once in the window before.
    private var askedBefore = 0
    private var wasCalm = true

    init(_ options: Options = Options()) {
        self.options = options
        inTime = min(options.inHandMax, options.inHandAtFirst)
        calmNanoseconds = options.calmMillisecondsAtFirst * 1_000_000
    }

    var inHandMax: Int {
        let above = max(0, max(askedBefore, window.asked) - options.inHandMin)
        return min(options.inHandMax, max(inTime, options.inHandMin - above * options.fewerForEachAbove))
    }

    /// Whether one more request would be one too many.
    mutating func isFull(at now: NIODeadline) -> Bool {
        turnWindow(now)
        guard inHand >= inHandMax else { return false }
        window.wasFull = true
        window.asked = max(window.asked, inHand + refused + 1)
        return true
    }

    /// Counts a request in.
    mutating func enter(at now: NIODeadline) -> Ticket {
        turnWindow(now)
        // Time in which nobody was there tells of no rate.
        if window.most == 0 { window.start = now }
        inHand += 1
        window.most = max(window.most, inHand)
        window.asked = max(window.asked, inHand + refused)
        return Ticket(enteredAt: now, isLetIn: true)
    }

    /// Counts a request that is refused, and will be told so.
    mutating func refuse(at now: NIODeadline) -> Ticket {
        refused += 1
        window.asked = max(window.asked, inHand + refused)
        return Ticket(enteredAt: now, isLetIn: false)
    }

    /// The request was answered, or is gone.
    mutating func leave(_ ticket: Ticket, at now: NIODeadline) {
        guard ticket.isLetIn else {
            refused -= 1
            return
        }
        if wasCalm, isCalm { learnCalm(Double((now - ticket.enteredAt).nanoseconds)) }
        inHand -= 1
        window.ended += 1
        turnWindow(now)
    }

    private var isCalm: Bool { window.most <= options.calmInHandMax && !window.wasFull }

    /// A quantile without a memory of samples: 99 small steps down outweigh one step up.
    private mutating func learnCalm(_ nanoseconds: Double) {
        let step = calmNanoseconds * 0.05
        calmNanoseconds += nanoseconds > calmNanoseconds ? step * 0.99 : -step * 0.01
    }

    private mutating func learnRate(_ seen: Double) {
        rate = window.wasFull && rate > 0 ? rate + (seen - rate) * 0.3 : max(rate, seen)
        let least = min(options.inHandMin, options.inHandMinInStorm)
        inTime = max(least, Int(min(Double(options.inHandMax), rate * calmNanoseconds * options.slowdown)))
    }

    /// Begins another window where this one is over, and takes to heart what was seen in it.
    private mutating func turnWindow(_ now: NIODeadline) {
        let passed = now - window.start
        guard passed > .milliseconds(options.windowMilliseconds) else { return }
        if window.most > 0 { learnRate(Double(window.ended) / Double(passed.nanoseconds)) }
        wasCalm = isCalm
        // Who asked long ago says nothing of who asks now.
        askedBefore = passed > .milliseconds(2 * options.windowMilliseconds) ? 0 : window.asked
        window = Window(start: now, most: inHand, asked: inHand + refused)
    }
}
