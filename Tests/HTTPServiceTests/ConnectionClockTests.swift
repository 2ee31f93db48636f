import NIOCore
import Testing

@testable import HTTPService

@Suite("A client that does not take its answer")
struct ConnectionClockTests {
    @Test("It is cut after a window in which too little moved")
    func notReading() {
        var clock = ConnectionClock(ServerLimits())
        clock.begin(.answering, at: .seconds(0))
        clock.written = 1 << 20
        for second in 0...10 { #expect(isFine(&clock, at: second, buffered: 1 << 19)) }
        #expect(!isFine(&clock, at: 11, buffered: 1 << 19))
    }

    @Test("It is served for ever while enough moves, and while there is nothing for it to take")
    func reading() {
        var clock = ConnectionClock(ServerLimits())
        clock.begin(.answering, at: .seconds(0))
        clock.written = 10 << 20
        for second in 0..<1_000 { #expect(isFine(&clock, at: second, buffered: 9 << 20 - second * 200)) }
        for second in 1_000..<9_000 { #expect(isFine(&clock, at: second, buffered: 0)) }
    }

    @Test("What its machine acknowledges counts, though this machine's socket asks for no more")
    func acknowledged() {
        var clock = ConnectionClock(ServerLimits())
        clock.begin(.answering, at: .seconds(0))
        clock.written = 1 << 20
        for second in 0..<100 {
            #expect(isFine(&clock, at: second, buffered: 1 << 19, acknowledged: 1_024 * second))
        }
        for second in 100..<110 { #expect(isFine(&clock, at: second, buffered: 1 << 19, acknowledged: 102_400)) }
        #expect(!isFine(&clock, at: 111, buffered: 1 << 19, acknowledged: 102_400))
    }

    @Test("It is not blamed for a body that nobody reads")
    func pressedBack() {
        var clock = ConnectionClock(ServerLimits())
        for activity in [ConnectionClock.Activity.stream, .body] {
            clock.begin(activity, at: .seconds(0))
            clock.awaitsBytes = false
            for second in 0..<1_000 { #expect(isFine(&clock, at: second, buffered: 0)) }
        }
    }
}

private func isFine(
    _ clock: inout ConnectionClock, at second: Int, buffered: Int, acknowledged: Int? = nil
) -> Bool {
    if case .fine = clock.verdict(at: .seconds(second), buffered: buffered, acknowledged: acknowledged) {
        true
    } else {
        false
    }
}

extension NIODeadline {
    fileprivate static func seconds(_ seconds: Int) -> NIODeadline {
        .uptimeNanoseconds(UInt64(1_000 + seconds) * 1_000_000_000)
    }
}
