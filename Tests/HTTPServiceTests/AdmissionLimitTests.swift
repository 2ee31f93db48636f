import NIOCore
import TestTools
import Testing

@testable import HTTPService

@Suite("How many requests are let in")
struct AdmissionLimitTests {
    /// A server that does one request after the other and each batch of them in one millisecond, simulated: the time that
    /// a request takes follows from how many are in hand.
    private struct Machine {
        /// What one request takes of it by itself.
        var each = TimeAmount.microseconds(10)
        var limit = AdmissionLimit()
        /// Long after the machine was started.
        var now = NIODeadline.uptimeNanoseconds(1 << 50)
        var latencies: [Double] = []
        var refused = 0

        /// Offers so many requests in each millisecond.
        mutating func run(milliseconds: Int, offered: Int) { run(milliseconds: milliseconds) { _ in offered } }

        /// So many connections ask again as soon as they are answered, or told that they are too many.
        mutating func run(milliseconds: Int, connections: Int) { run(milliseconds: milliseconds) { connections - $0 } }

        /// Offers in each millisecond what follows from how many wait for an answer.
        private mutating func run(milliseconds: Int, offered: (_ waiting: Int) -> Int) {
            var letIn: [(ticket: AdmissionLimit.Ticket, due: NIODeadline)] = []
            var tooMany: [(ticket: AdmissionLimit.Ticket, due: NIODeadline)] = []
            var busyUntil = now
            for _ in 0..<milliseconds {
                for _ in 0..<offered(letIn.count + tooMany.count) {
                    guard !limit.isFull(at: now) else {
                        refused += 1
                        tooMany.append((limit.refuse(at: now), now + .microseconds(1_500)))
                        continue
                    }
                    let ticket = limit.enter(at: now)
                    busyUntil = max(busyUntil, now) + each
                    letIn.append((ticket, busyUntil + .milliseconds(1)))
                    latencies.append(Double((busyUntil + .milliseconds(1) - now).nanoseconds) / 1_000_000)
                }
                now = now + .milliseconds(1)
                answer(&letIn, dueAt: now)
                answer(&tooMany, dueAt: now)
            }
            answer(&letIn, dueAt: .distantFuture)
            answer(&tooMany, dueAt: .distantFuture)
        }

        private mutating func answer(
            _ requests: inout [(ticket: AdmissionLimit.Ticket, due: NIODeadline)], dueAt end: NIODeadline
        ) {
            let count = requests.prefix { $0.due <= end }.count
            for request in requests[..<count] { limit.leave(request.ticket, at: now) }
            requests.removeFirst(count)
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

    @Test("Clients who asked no more than is let in are let in again after a storm, though they never stop to ask")
    func clientsAreBack() {
        var machine = Machine(each: .microseconds(200))
        machine.run(milliseconds: 1_000, connections: 4)
        machine.run(milliseconds: 1_000, connections: 64)
        #expect(machine.refused == 0)
        machine.run(milliseconds: 1_000, connections: 128)
        #expect(machine.refused > 10_000)
        #expect(machine.limit.inHandMax == 8)
        machine.run(milliseconds: 100, connections: 64)
        machine.refused = 0
        machine.run(milliseconds: 1_000, connections: 64)
        #expect(machine.refused == 0)
    }

    @Test("One client more than is let in costs the others next to nothing")
    func oneMore() {
        var machine = Machine(each: .microseconds(200))
        machine.run(milliseconds: 1_000, connections: 4)
        machine.latencies = []
        machine.run(milliseconds: 1_000, connections: 65)
        #expect(machine.latencies.count >= 4_900)
        #expect(machine.refused < 5_000)
        #expect(machine.limit.inHandMax >= 60)
    }

    @Test("A slow machine lets in as many as no storm is, and few where more ask", arguments: [(16, 16), (64, 4)])
    func floor(asking: Int, letIn: Int) {
        var machine = Machine(
            each: .milliseconds(5), limit: AdmissionLimit(.init(inHandMin: 16, inHandMinInStorm: 4, inHandMax: 32)))
        machine.run(milliseconds: 2_000, connections: asking)
        #expect(machine.limit.inHandMax == letIn)
        #expect(machine.limit.inHand == 0)
    }

    @Test("Who comes after the storm is let in, though nobody was there between")
    func afterwards() {
        var machine = Machine(each: .milliseconds(5))
        machine.run(milliseconds: 2_000, connections: 200)
        machine.refused = 0
        machine.now = machine.now + .milliseconds(1_000)
        machine.run(milliseconds: 1_000, connections: 64)
        #expect(machine.refused == 0)
    }
}
