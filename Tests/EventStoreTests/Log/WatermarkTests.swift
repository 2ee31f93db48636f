import EventStore
import Foundation
import TestTools
import Testing

@Suite("A watermark", .timeLimit(.minutes(5)))
struct WatermarkTests {
    @Test("It only grows")
    func grows() {
        let mark = Watermark(5)
        mark.advance(to: 3)
        #expect(mark.value == 5)
        mark.advance(to: 5)
        #expect(mark.value == 5)
        mark.advance(to: .max)
        #expect(mark.value == .max)
    }

    @Test("Who waits for what is reached already doesn't wait, not even for no time, not even cancelled")
    func alreadyReached() async {
        let mark = Watermark(5)
        #expect(await mark.reached(5, within: .zero))
        #expect(await mark.reached(0, within: .seconds(-1)))
        let cancelled = Task.immediate {
            withUnsafeCurrentTask { $0?.cancel() }
            return await mark.reached(4, within: .patience)
        }
        #expect(await cancelled.value)
    }

    @Test("An advance to the value or beyond wakes", arguments: [7, 8, 1_000])
    func wakes(value: UInt64) async {
        let mark = Watermark(5)
        let waiting = Task.immediate { await mark.reached(7, within: .patience) }
        mark.advance(to: 6)
        mark.advance(to: value)
        #expect(await waiting.value)
    }

    @Test("Where the value is not reached in time the answer is false")
    func timeout() async {
        let mark = Watermark()
        #expect(await !mark.reached(1, within: .milliseconds(5)))
        let waiting = Task.immediate { await mark.reached(2, within: .milliseconds(5)) }
        mark.advance(to: 1)
        #expect(await !waiting.value)
        // It works on after that.
        let again = Task.immediate { await mark.reached(2, within: .patience) }
        mark.advance(to: 2)
        #expect(await again.value)
    }

    @Test("A cancelled task is answered at once, with false", arguments: [true, false])
    func cancelled(before: Bool) async {
        let mark = Watermark()
        let waiting = Task.immediate {
            if before { withUnsafeCurrentTask { $0?.cancel() } }
            return await mark.reached(1, within: .patience)
        }
        waiting.cancel()
        #expect(await !waiting.value)
        mark.advance(to: 1)
        #expect(mark.value == 1)
    }

    @Test("A thousand waiters are each woken once, at their own value")
    func many() async {
        let mark = Watermark()
        let waiting = (1...1_000).map { index in
            Task.immediate { await mark.reached(UInt64(index % 100 + 1), within: .patience) ? mark.value : 0 }
        }
        for value in stride(from: UInt64(7), through: 105, by: 7) { mark.advance(to: value) }
        for (index, task) in waiting.enumerated() {
            let value = await task.value
            #expect(value >= UInt64((index + 1) % 100 + 1))
        }
    }

    @Test("No wake-up is lost where waiting and advancing race")
    func racing() async {
        let mark = Watermark()
        let last: UInt64 = 2_000
        await withTaskGroup { group in
            for _ in 1...8 {
                group.addTask {
                    for value in 1...last { #expect(await mark.reached(value, within: .patience)) }
                }
            }
            for _ in 1...2 {
                group.addTask {
                    for value in 1...last {
                        mark.advance(to: value)
                        await Task.yield()
                    }
                }
            }
        }
    }

    @Test("Cancelling, timing out and advancing at once answer each waiter once")
    func everythingAtOnce() async {
        var random = SplitMix64.of("watermark")
        for _ in 0..<200 {
            let mark = Watermark()
            let kinds = (0..<10).map { _ in Int.random(in: 0..<3, using: &random) }
            let waiting = kinds.map { kind in
                Task { await mark.reached(1, within: kind == 0 ? .microseconds(20) : .patience) }
            }
            for (kind, task) in zip(kinds, waiting) where kind == 1 { task.cancel() }
            mark.advance(to: 1)
            for (kind, task) in zip(kinds, waiting) {
                let reached = await task.value
                if kind == 2 { #expect(reached) }
            }
        }
    }

    @Test("A thread that waits is woken by an advance, and goes on by itself when the time has passed")
    func blocking() async {
        let mark = Watermark()
        let (values, continuation) = AsyncStream.makeStream(of: UInt64.self)
        let thread = Thread {
            mark.waitBlocking(for: 1, timeoutMilliseconds: 1)
            continuation.yield(mark.value)
            mark.waitBlocking(for: 1, timeoutMilliseconds: Int(Duration.patience.components.seconds) * 1_000)
            continuation.yield(mark.value)
            mark.waitBlocking(for: 1, timeoutMilliseconds: Int(Duration.patience.components.seconds) * 1_000)
            continuation.finish()
        }
        thread.start()
        var seen: [UInt64] = []
        for await value in values {
            seen.append(value)
            mark.advance(to: 1)
        }
        #expect(seen == [0, 1])
    }
}
