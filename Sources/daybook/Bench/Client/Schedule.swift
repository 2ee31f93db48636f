/// When requests of an open loop are meant to be sent: evenly, whatever the server does.
struct Schedule {
    /// In nanoseconds of the same clock as everything else.
    let start: UInt64
    let perSecond: Double
    /// How many there are in all.
    let count: Int

    init(start: UInt64, perSecond: Double, seconds: Double) {
        self.start = start
        self.perSecond = perSecond
        count = Int((perSecond * seconds).rounded())
    }

    /// When request `number`, from 0, is meant to be sent.
    func intended(_ number: Int) -> UInt64 {
        start + UInt64(Double(number) * 1e9 / perSecond)
    }

    /// How many are meant to be sent by then.
    func due(at now: UInt64) -> Int {
        guard now >= start else { return 0 }
        var due = min(count, Int(Double(now - start) * perSecond / 1e9) + 1)
        // Rounding may be off by one either way; what counts is `intended`.
        while due > 0, intended(due - 1) > now { due -= 1 }
        while due < count, intended(due) <= now { due += 1 }
        return due
    }
}
