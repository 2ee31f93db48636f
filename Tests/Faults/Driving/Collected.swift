import Synchronization

/// Results of several threads.
final class Collected<Value: Sendable>: Sendable {
    private let values = Mutex<[Result<Value, any Error>]>([])

    func add(_ value: sending Result<Value, any Error>) { values.withLock { $0.append(value) } }

    var all: [Result<Value, any Error>] { values.withLock { $0 } }
}
