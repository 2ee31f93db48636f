import NIOCore
import TestTools
import Testing

@testable import HTTPService

@Suite("How many requests are let in")
struct AdmissionLimitTests {
    /// A server that does one request in a hundredth of a millisecond and each batch of them in one, simulated: the time
    /// that a request takes follows from how many are in hand.
    private struct Machine {
        var limit = AdmissionLimit()
        /// Long after the machine was started.
        var now = NIODeadline.uptimeNanoseconds(1 << 50)
        var latencies: [Double] = []
        var refused = 0

        /// Offers so many requests in each millisecond.
        mutating func run(milliseconds: Int, offered: Int) {
            var inHand: [(ticket: AdmissionLimit.Ticket, due: NIODeadline)] = []
            var busyUntil = now
            for _ in 0..<milliseconds {
                for _ in 0..<offered {
                    guard !limit.isFull() else {
                        refused += 1
                        continue
                    }
                    let ticket = limit.enter(at: now)
                    busyUntil = max(busyUntil, now) + .microseconds(10)
                    inHand.append((ticket, busyUntil + .milliseconds(1)))
                    latencies.append(Double((busyUntil + .milliseconds(1) - now).nanoseconds) / 1_000_000)
                }
                now = now + .milliseconds(1)
                let done = inHand.prefix { $0.due <= now }
                for request in done { limit.leave(request.ticket, at: now) }
                inHand.removeFirst(done.count)
            }
            for request in inHand { limit.leave(request.ticket, at: now) }
        }

        mutating func p99() -> Double {
            defer { latencies = [] }
            return latencies.sorted()[latencies.count * 99 / 100]
        }
    }

    @Test("In a storm of ten times what can be done, those let in take no more than twice as long as in calm")
    func storm() {
        var machine = Machine()
        machine.run(milliseconds: 10_000, offered: 2)
        let calm = machine.p99()
        #expect(machine.refused == 0)
        machine.run(milliseconds: 3_000, offered: 1_000)
        #expect(machine.p99() <= 2 * calm + 1, "calm \(calm) ms")
        #expect(machine.refused > 2_000_000)
        machine.refused = 0
        machine.run(milliseconds: 1_000, offered: 2)
        #expect(machine.refused == 0)
        #expect(machine.p99() <= calm * 1.1)
    }

    @Test("What can be done is not refused")
    func sustainable() {
        var machine = Machine()
        machine.run(milliseconds: 10_000, offered: 50)
        #expect(machine.refused == 0)
    }

    @Test("A slow machine lets in as many as no storm is, and few where more ask", arguments: [(16, 16), (64, 4)])
    func floor(asking: Int, letIn: Int) {
        var limit = AdmissionLimit(.init(inHandMin: 16, inHandMinInStorm: 4, inHandMax: 32))
        var now = NIODeadline.uptimeNanoseconds(0)
        func second() {
            let tickets = (0..<asking).compactMap { _ in limit.isFull() ? nil : limit.enter(at: now) }
            now = now + TimeAmount.milliseconds(1_000)
            for ticket in tickets { limit.leave(ticket, at: now) }
        }
        for _ in 0..<200 { second() }
        #expect(limit.inHandMax == letIn)
        #expect(limit.inHand == 0)
    }

    @Test("As soon as the storm is over, as many are let in as before it")
    func afterwards() {
        var limit = AdmissionLimit(.init(inHandMin: 16, inHandMinInStorm: 4, inHandMax: 32))
        var now = NIODeadline.uptimeNanoseconds(0)
        for asking in Array(repeating: 64, count: 200) + [1, 1] {
            let tickets = (0..<asking).compactMap { _ in limit.isFull() ? nil : limit.enter(at: now) }
            now = now + TimeAmount.milliseconds(1_000)
            for ticket in tickets { limit.leave(ticket, at: now) }
        }
        #expect(limit.inHandMax >= 16)
    }
}
