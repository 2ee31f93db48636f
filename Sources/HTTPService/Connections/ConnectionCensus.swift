import Synchronization

/// Who is connected: counts connections, in all and by address.
final class ConnectionCensus: Sendable {
    private struct State {
        var count = 0
        var byAddress: [String: Int] = [:]
    }

    private let connectionsMax: Int
    private let connectionsPerAddressMax: Int
    private let state = Mutex(State())

    init(_ limits: ServerLimits) {
        connectionsMax = limits.connectionsMax
        connectionsPerAddressMax = limits.connectionsPerAddressMax
    }

    /// Counts a connection in, unless it is one too many. Each that was counted in leaves once.
    func enter(_ address: String) -> Bool {
        state.withLock { state in
            guard state.count < connectionsMax, state.byAddress[address, default: 0] < connectionsPerAddressMax else {
                return false
            }
            state.count += 1
            state.byAddress[address, default: 0] += 1
            return true
        }
    }

    func leave(_ address: String) {
        state.withLock { state in
            state.count -= 1
            let rest = state.byAddress[address, default: 0] - 1
            state.byAddress[address] = rest > 0 ? rest : nil
        }
    }

    var count: Int { state.withLock { $0.count } }
}
