import CEpoll
import Foundation

/// Keep-alive HTTP connections to one port of 127.0.0.1, all driven by the thread that calls: one request at a time on
/// each. Costs so little that what is measured is the server.
final class EpollClient {
    /// What became of a request.
    struct Answer {
        let connection: Int
        /// 0 where the connection ended without an answer; a new one stands in its place.
        let status: Int
    }

    private struct Connection {
        var descriptor: Int32
        var parser = ResponseParser()
        var isBusy = false
        /// What the socket did not take yet.
        var unsent: ArraySlice<UInt8> = []
        /// Whether the socket was full, so that it is asked for room.
        var isFull = false
    }

    private let port: Int
    private let poll: Int32
    private var connections: [Connection] = []
    private var events: [epoll_event]
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    /// Connections that the server closed or broke.
    private(set) var reconnects = 0

    /// - Throws: `Failure` where nobody listens on the port.
    init(port: Int, connections count: Int) throws {
        self.port = port
        poll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard poll >= 0 else { throw Failure(.environment, "epoll_create1 failed with errno \(errno).") }
        events = Array(repeating: epoll_event(), count: count)
        connections.reserveCapacity(count)
        for index in 0..<count { connections.append(Connection(descriptor: try connect(index))) }
    }

    deinit {
        for connection in connections { close(connection.descriptor) }
        close(poll)
        buffer.deallocate()
    }

    /// Sends a request on a connection that has none in hand.
    func send(_ request: [UInt8], on index: Int) throws {
        precondition(!connections[index].isBusy, "a connection has one request at a time")
        connections[index].isBusy = true
        connections[index].unsent = request[...]
        try flush(index)
    }

    /// Waits for answers, at most until the time, and hands them over.
    func wait(nanoseconds: UInt64, _ answered: (Answer) throws -> Void) throws {
        var timeout = timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        let ready = epoll_pwait2(poll, &events, Int32(events.count), &timeout, nil)
        guard ready >= 0 else {
            if errno == EINTR { return }
            throw Failure(.environment, "epoll_pwait2 failed with errno \(errno).")
        }
        for event in events[..<Int(ready)] {
            let index = Int(event.data.u64)
            if event.events & EPOLLOUT.rawValue != 0 { try flush(index) }
            guard event.events & ~EPOLLOUT.rawValue != 0 else { continue }
            if let status = try read(index) {
                let wasBusy = connections[index].isBusy
                connections[index].isBusy = false
                if wasBusy { try answered(Answer(connection: index, status: status)) }
            }
        }
    }

    /// The status of a whole answer, 0 where the connection ended, nil where more is to come.
    private func read(_ index: Int) throws -> Int? {
        let count = recv(connections[index].descriptor, buffer.baseAddress, buffer.count, 0)
        if count < 0, errno == EAGAIN || errno == EINTR { return nil }
        guard count > 0 else {
            try reconnect(index)
            return 0
        }
        do {
            return try connections[index].parser.take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        } catch {
            throw Failure(.check, "The server answered something else than HTTP with a length: \(error).")
        }
    }

    private func flush(_ index: Int) throws {
        let descriptor = connections[index].descriptor
        while !connections[index].unsent.isEmpty {
            let sent = connections[index].unsent.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent > 0 {
                connections[index].unsent.removeFirst(sent)
            } else if errno == EAGAIN {
                connections[index].isFull = true
                return watch(index, EPOLLIN.rawValue | EPOLLOUT.rawValue, EPOLL_CTL_MOD)
            } else if errno != EINTR {
                // Read as the end of the connection, which tells the caller.
                connections[index].unsent = []
                shutdown(descriptor, Int32(SHUT_RDWR))
            }
        }
        if connections[index].isFull {
            connections[index].isFull = false
            watch(index, EPOLLIN.rawValue, EPOLL_CTL_MOD)
        }
    }
}

extension EpollClient {
    private func reconnect(_ index: Int) throws {
        close(connections[index].descriptor)
        reconnects += 1
        let wasBusy = connections[index].isBusy
        connections[index] = Connection(descriptor: try connect(index), isBusy: wasBusy)
    }

    private func connect(_ index: Int) throws -> Int32 {
        let descriptor = try LocalSocket.connected(port: port)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        watch(index, EPOLLIN.rawValue, EPOLL_CTL_ADD, descriptor)
        return descriptor
    }

    private func watch(_ index: Int, _ flags: UInt32, _ operation: Int32, _ descriptor: Int32? = nil) {
        var event = epoll_event()
        event.events = flags
        event.data.u64 = UInt64(index)
        let result = epoll_ctl(poll, operation, descriptor ?? connections[index].descriptor, &event)
        precondition(result == 0, "epoll_ctl of an open socket works; errno \(errno)")
    }
}
