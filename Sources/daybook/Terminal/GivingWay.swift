import EventStore
import Foundation

/// How a command that may take both processors for minutes gives way to a server that answers clients.
///
/// Linux shares the processors between sessions before it looks at the niceness of threads (sched(7), "The autogroup feature"): a rebuild
/// in a terminal would have as much as a server in a session of its own, whatever its threads are. So it lowers its session while
/// it lasts, too; killed, it leaves that terminal's session at a niceness of ten.
enum GivingWay {
    private static let path = "/proc/self/autogroup"
    private static let niceness = 10

    static func during<R>(_ body: () async throws -> R) async rethrows -> R {
        BackgroundThread.lowerPriority()
        let before = sessionNiceness
        if let before, before < niceness { lowerSession(to: niceness) }
        defer { if let before, before < niceness { lowerSession(to: before) } }
        return try await body()
    }

    /// Nil where Linux knows no such thing. `/autogroup-87526 nice 0`.
    private static var sessionNiceness: Int? {
        let text = try? String(contentsOfFile: path, encoding: .utf8)
        return text?.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) }
    }

    /// Where it is refused the session stays what it is.
    private static func lowerSession(to niceness: Int) {
        guard let file = FileHandle(forWritingAtPath: path) else { return }
        try? file.write(contentsOf: Data("\(niceness)".utf8))
        try? file.close()
    }
}
