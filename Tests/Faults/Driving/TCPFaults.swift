import Foundation
import Synchronization
import TestTools

/// A way to a server on 127.0.0.1 which can be slow, stand still, or break.
final class TCPFaults: Sendable {
    enum Mood: CaseIterable {
        case whole
        /// A few bytes at a time.
        case slow
        /// Nothing gets through, and nobody is told.
        case still
        /// Who comes is sent away.
        case closed
    }

    private struct State {
        var mood = Mood.whole
        var connections: [Int32] = []
        var isOver = false
    }

    let port: Int
    private let target: Int
    private let listener: LocalSocket
    private let state = Mutex(State())
    private let changed = NSCondition()

    init(to target: Int) {
        self.target = target
        listener = LocalSocket(listening: true)
        port = Int(listener.port)
        let thread = Thread { [self] in acceptAll() }
        thread.start()
    }

    func set(_ mood: Mood) { change { $0.mood = mood } }

    /// Resets every connection.
    func breakAll() {
        change { state in
            for connection in state.connections { Self.reset(connection) }
        }
    }

    /// To be called once: its threads keep it alive.
    func end() {
        change { $0.isOver = true }
        breakAll()
        shutdown(listener.descriptor, CInt(SHUT_RDWR))
    }

    private func change(_ body: (inout sending State) -> Void) {
        state.withLock { body(&$0) }
        changed.lock()
        changed.broadcast()
        changed.unlock()
    }

    /// The thread that reads from it closes it, and the other side is told so by a reset.
    private static func reset(_ connection: Int32) {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(connection, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        shutdown(connection, CInt(SHUT_RDWR))
    }

    private func acceptAll() {
        while case let client = accept(listener.descriptor, nil, nil), client >= 0 {
            let (mood, isOver) = state.withLock { ($0.mood, $0.isOver) }
            guard mood != .closed, !isOver, let server = LocalSocket.connect(to: target) else {
                Self.reset(client)
                close(client)
                if isOver { return }
                continue
            }
            for connection in [client, server] {
                var yes: CInt = 1
                setsockopt(connection, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<CInt>.size))
            }
            change { $0.connections += [client, server] }
            let both = DispatchGroup()
            for (source, destination) in [(client, server), (server, client)] {
                both.enter()
                Thread { [self] in
                    pump(source, destination)
                    both.leave()
                }.start()
            }
            Thread { [self] in
                both.wait()
                change { $0.connections.removeAll { $0 == client || $0 == server } }
                close(client)
                close(server)
            }.start()
        }
    }

    /// Ends when one side has; the other is told.
    private func pump(_ source: Int32, _ destination: Int32) {
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while case let count = recv(source, &chunk, chunk.count, 0), count > 0, forward(chunk[..<count], destination) {}
        Self.reset(destination)
        Self.reset(source)
    }

    private func forward(_ bytes: ArraySlice<UInt8>, _ destination: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let mood = moodToSend()
            let piece = rest.prefix(mood == .slow ? 64 : rest.count)
            if mood == .slow { usleep(500) }
            let sent = piece.withUnsafeBytes { Glibc.send(destination, $0.baseAddress!, $0.count, CInt(MSG_NOSIGNAL)) }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    private func moodToSend() -> Mood {
        changed.lock()
        defer { changed.unlock() }
        while true {
            let (mood, isOver) = state.withLock { ($0.mood, $0.isOver) }
            if mood != .still || isOver { return mood }
            changed.wait()
        }
    }
}
