import EventStore
import Foundation
import Synchronization

/// What came back from the Writer, and when.
final class WriterProgress: Sendable {
    /// A stretch of the run, for seeing whether it slows down or grows.
    struct Window: Encodable {
        let commands: Int
        let perSecond: Double
        let rssAnonBytes: Int
    }

    fileprivate struct State {
        var accepted = 0
        var refused = 0
        var latencies: [Double] = []
        var windows: [Window] = []
        var windowStart: (time: UInt64, accepted: Int)
        var end: UInt64
        let terminal: Progress
    }

    private let window: Int
    private let start = DispatchTime.now().uptimeNanoseconds
    private let state: Mutex<State>

    init(total: Int, window: Int) {
        self.window = window
        state = Mutex(
            State(
                windowStart: (start, 0), end: start, terminal: Progress("writer", total: total, unit: "commands")))
    }

    /// - Throws: `Failure` for a command that was neither accepted nor refused by a rule.
    func add(_ outcomes: [Outcome], since submitted: DispatchTime) throws {
        let now = DispatchTime.now().uptimeNanoseconds
        var accepted = 0
        for outcome in outcomes {
            switch outcome {
            case .accepted: accepted += 1
            case .refused: break
            case .keyReused, .versionMismatch, .failed: throw Failure(.check, "The Writer answered \(outcome).")
            }
        }
        try state.withLock { state in
            state.accepted += accepted
            state.refused += outcomes.count - accepted
            state.latencies.append(Double(now - submitted.uptimeNanoseconds) / 1e6)
            state.end = now
            state.terminal.advance(to: state.accepted + state.refused)
            if state.accepted - state.windowStart.accepted >= window { try state.closeWindow(now) }
        }
    }

    func finish() { state.withLock { $0.terminal.finish() } }

    var accepted: Int { state.withLock { $0.accepted } }
    var refused: Int { state.withLock { $0.refused } }
    var seconds: Double { state.withLock { Double($0.end - start) / 1e9 } }
    var windows: [Window] { state.withLock { $0.windows } }
    var groupMilliseconds: Percentiles { Percentiles(state.withLock { $0.latencies }) }
}

extension WriterProgress.State {
    fileprivate mutating func closeWindow(_ now: UInt64) throws {
        let seconds = Double(now - windowStart.time) / 1e9
        windows.append(
            WriterProgress.Window(
                commands: accepted,
                perSecond: BenchReport.rounded(Double(accepted - windowStart.accepted) / seconds, to: 0),
                rssAnonBytes: try ProcessMemory().anonymousBytes))
        windowStart = (now, accepted)
    }
}
