import EventStore
import Synchronization
import TestTools
import Testing

@Suite("A background thread")
struct BackgroundThreadTests {
    private final class Held: Sendable {}

    @Test("Has let go of what it worked with when it says that it ended", arguments: 0..<50)
    func letsGo(_: Int) async {
        let ended = Watermark()
        weak var seen: Held?
        do {
            let held = Held()
            seen = held
            BackgroundThread.start("test", with: held, ended: ended) { _ in }
        }
        #expect(await ended.reached(1, within: .patience))
        #expect(seen == nil)
    }

    @Test("Divided work is done once each, and nothing keeps what it held", arguments: 0..<50)
    func divides(_: Int) {
        let done = Mutex<[Int]>([])
        weak var seen: Held?
        do {
            let held = Held()
            seen = held
            let work: @Sendable (Int) -> Void = { [held] turn in
                withExtendedLifetime(held) { done.withLock { $0.append(turn) } }
            }
            BackgroundThread.divide(20, work)
        }
        #expect(done.withLock { $0.sorted() } == Array(0..<20))
        #expect(seen == nil)
    }
}
