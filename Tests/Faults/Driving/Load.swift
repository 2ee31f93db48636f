import Foundation
import Synchronization

/// Several clients at work at once, until they are told to end or the server is gone.
final class Load: Sendable {
    private struct State {
        var answers = 0
        var isEnding = false
        var doubts: [String] = []
    }

    private let state = Mutex(State())
    private let ended = DispatchGroup()
    private let answered = DispatchSemaphore(value: 0)
    /// So many commands a client at most: a load is bounded even where nobody ends it.
    private static let commandsMax = 100_000

    /// Opens the shop, then begins.
    ///
    /// - Parameters:
    ///   - pauseMilliseconds: of each client after each command, where a fault lasts long.
    ///   - name: what the names of its clients begin with; another one for each load of a shop.
    convenience init(
        _ server: Server, _ history: History, clients: Int, seed: UInt64, pauseMilliseconds: Int = 0,
        name: String = "c"
    ) throws {
        try self.init(
            [server], history, clients: clients, seed: seed, pauseMilliseconds: pauseMilliseconds, name: name)
    }

    /// The same with several servers, of which one takes commands at a time.
    init(
        _ servers: [Server], _ history: History, clients: Int, seed: UInt64, pauseMilliseconds: Int,
        name: String = "c"
    ) throws {
        let client = Client(servers, history)
        for command in Workload.opening() { try client.send(command.name, key: command.key, command.body) }
        for number in 0..<clients {
            ended.enter()
            let thread = Thread { [self] in
                do {
                    var workload = Workload("\(name)\(number)", seed: seed &+ UInt64(number))
                    let client = Client(servers, history)
                    for _ in 0..<Self.commandsMax {
                        if state.withLock({ $0.isEnding }) || servers.allSatisfy({ $0.child.end != nil }) { break }
                        try workload.step(client)
                        state.withLock { $0.answers += 1 }
                        answered.signal()
                        if pauseMilliseconds > 0 { Thread.sleep(forTimeInterval: Double(pauseMilliseconds) / 1_000) }
                    }
                } catch {
                    state.withLock { $0.doubts.append("\(error)") }
                }
                ended.leave()
            }
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    /// Waits until so many commands were sent, for `seconds` at most.
    func waitUntil(answers: Int, seconds: Double) {
        let bound = DispatchTime.now() + seconds
        while state.withLock({ $0.answers }) < answers, answered.wait(timeout: bound) == .success {}
    }

    /// Has the clients end after the command they are at, and waits for them.
    func end() throws {
        state.withLock { $0.isEnding = true }
        guard ended.wait(timeout: .now() + 60) == .success else { throw Doubt("Clients hang: no answer within 60 s.") }
        if let doubt = state.withLock({ $0.doubts.first }) { throw Doubt(doubt) }
    }
}
