import Foundation
import Synchronization

/// A child process with its own way of starting it (strace, another user, a preloaded library). Every wait has a bound.
final class Spawned: Sendable {
    struct NotStarted: Error, CustomStringConvertible {
        let description: String
    }

    /// How a process ended.
    enum End: Equatable, CustomStringConvertible {
        case exited(Int32)
        case killed(by: Int32)

        var description: String {
            switch self {
            case .exited(let code): "exit code \(code)"
            case .killed(let signal): "killed by signal \(signal)"
            }
        }
    }

    private struct State {
        var output: [UInt8] = []
        var end: End?
        var isOutputComplete = false
    }

    let id: pid_t
    private let errorsPath: String
    /// A child that is started while another's pipe is made would inherit it and keep it open.
    private static let oneAtATime = Mutex(())
    private let state = Mutex(State())
    private let changed = NSCondition()

    /// - Parameter errorsPath: a file that takes what the process says on standard error.
    init(_ words: [String], environment: [String: String] = [:], directory: String, errorsPath: String) throws {
        self.errorsPath = errorsPath
        let output: Int32
        (id, output) = try Self.oneAtATime.withLock { _ in
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { throw NotStarted(description: "no pipe: errno \(errno)") }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            defer { close(ends[1]) }
            // env changes the directory, and then becomes the program.
            return (
                try Self.spawn(["env", "-C", directory] + words, environment, output: ends[1], errorsPath), ends[0]
            )
        }
        Thread.detachNewThread { [self] in collect(output) }
        Thread.detachNewThread { [self] in reap() }
    }

    private static func spawn(
        _ words: [String], _ environment: [String: String], output: Int32, _ errorsPath: String
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_addopen(&actions, 2, errorsPath, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        // The threads that run tests block all signals, and a child inherits that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("DAYBOOK_") }
        variables.merge(environment) { _, given in given }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + settings { free(text) } }
        var id: pid_t = 0
        let code = posix_spawnp(&id, words[0], &actions, &attributes, &arguments, &settings)
        guard code == 0 else {
            throw NotStarted(description: "\(words[0]) can't be run: \(String(cString: strerror(code)))")
        }
        return id
    }

    private func collect(_ output: Int32) {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(output, &chunk, chunk.count), count > 0 {
            change { $0.output += chunk[..<count] }
        }
        close(output)
        change { $0.isOutputComplete = true }
    }

    private func reap() {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        let end: End = signal == 0 ? .exited((status >> 8) & 0xff) : .killed(by: signal)
        change { $0.end = end }
    }

    private func change(_ body: (inout sending State) -> Void) {
        state.withLock { body(&$0) }
        changed.lock()
        changed.broadcast()
        changed.unlock()
    }

    /// Waits until `condition` gives something, for `seconds` at most.
    private func wait<Found>(_ seconds: Double, until condition: (borrowing State) -> Found?) -> Found? {
        let bound = Date(timeIntervalSinceNow: seconds)
        changed.lock()
        defer { changed.unlock() }
        while true {
            if let found = state.withLock({ condition($0) }) { return found }
            guard changed.wait(until: bound) else { return state.withLock { condition($0) } }
        }
    }

    // MARK: What it says and how it ends

    var output: String { String(decoding: state.withLock { $0.output }, as: UTF8.self) }
    var errors: String { (try? String(contentsOfFile: errorsPath, encoding: .utf8)) ?? "" }
    var end: End? { state.withLock { $0.end } }

    func send(_ signal: Int32) {
        // Once it was waited for, its number may be another's.
        if end == nil { kill(id, signal) }
    }

    /// The processes it started, while it runs.
    var children: [pid_t] {
        guard end == nil else { return [] }
        let text = (try? String(contentsOfFile: "/proc/\(id)/task/\(id)/children", encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { pid_t($0) }
    }

    /// How it ended and all it printed; nil where it still runs after `seconds`.
    func ends(within seconds: Double) -> End? {
        wait(seconds) { $0.isOutputComplete ? $0.end : nil }
    }

    /// Waits until it printed `text`, ended, or the time is over; true for the first.
    func prints(_ text: String, within seconds: Double) -> Bool {
        wait(seconds) { state -> Bool? in
            if String(decoding: state.output, as: UTF8.self).contains(text) { return true }
            return state.isOutputComplete ? false : nil
        } ?? false
    }

    /// Ends it whatever it does.
    func destroy() {
        send(SIGCONT)
        send(SIGKILL)
        _ = ends(within: 10)
    }
}
