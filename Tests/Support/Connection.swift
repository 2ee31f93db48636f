import Foundation
import Synchronization
import TestTools

/// A client's end of one TCP connection that speaks HTTP/1.1 as it is told: for requests which a well-behaved client
/// would never send, and for those which are answered while they are still being sent.
///
/// Every wait blocks a thread of its own, never one on which the servers under test need to run.
package final class Connection: Sendable {
    package struct Closed: Error {}
    package struct Failure: Error { package let call: String, code: Int32 }

    private let descriptor: Int32
    /// What came in and was not taken yet.
    private let pending = Mutex<[UInt8]>([])

    package init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket", code: errno) }
        // A server that does not answer fails the test rather than holding it up.
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) } == 0
        }
        guard isConnected else {
            let code = errno
            close(descriptor)
            throw Failure(call: "connect", code: code)
        }
    }

    deinit { close(descriptor) }

    package func send(_ bytes: [UInt8]) async throws { try await onOwnThread { [self] in try transmit(bytes) } }

    package func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    /// Reads one whole response.
    package func answer(bodiless: Bool = false) async throws -> HTTPAnswer {
        try await onOwnThread { [self] in try pending.withLock { try answer(&$0, bodiless: bodiless) } }
    }

    /// Sends a request and reads its whole response, on one thread: a server that keeps all those busy which tasks run on
    /// does not make this client a slow one.
    package func answer(to request: String) async throws -> HTTPAnswer {
        try await onOwnThread { [self] in
            try transmit(Array(request.utf8))
            return try pending.withLock { try answer(&$0, bodiless: false) }
        }
    }

    /// Reads a status and the headers, and leaves the body to `chunk`.
    package func head() async throws -> HTTPAnswer {
        try await onOwnThread { [self] in try pending.withLock { try head(&$0) } }
    }

    /// The next piece of a chunked body; nil at its end.
    package func chunk() async throws -> [UInt8]? {
        try await onOwnThread { [self] in try pending.withLock { try chunk(&$0) } }
    }

    /// Whether the server closed the connection, with nothing more to read.
    package func isClosed() async throws -> Bool {
        try await onOwnThread { [self] in
            try pending.withLock { pending in
                guard pending.isEmpty else { return false }
                do { try receive(&pending) } catch is Closed { return true }
                return false
            }
        }
    }
}

extension Connection {
    private func transmit(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(call: "send", code: errno) }
            sent += count
        }
    }

    private func answer(_ pending: inout [UInt8], bodiless: Bool) throws -> HTTPAnswer {
        var answer = try head(&pending)
        if bodiless || answer.status == 204 || answer.status == 304 { return answer }
        if answer.headers["transfer-encoding"] == "chunked" {
            while let chunk = try chunk(&pending) { answer.body += chunk }
        } else {
            answer.body = try take(Int(answer.headers["content-length"] ?? "0") ?? 0, &pending)
        }
        return answer
    }

    private func head(_ pending: inout [UInt8]) throws -> HTTPAnswer {
        let status = try line(&pending).split(separator: " ")
        var answer = HTTPAnswer(status: status.count > 1 ? Int(status[1]) ?? 0 : 0)
        while case let field = try line(&pending), !field.isEmpty {
            guard let colon = field.firstIndex(of: ":") else { continue }
            answer.headers[field[..<colon].lowercased()] = field[field.index(after: colon)...]
                .trimmingCharacters(in: .whitespaces)
        }
        return answer
    }

    /// What has come in, at most 64 KiB; waits for something.
    package func some() async throws -> [UInt8] {
        try await onOwnThread { [self] in
            try pending.withLock { pending in
                if pending.isEmpty { try receive(&pending) }
                defer { pending = [] }
                return pending
            }
        }
    }

    private func chunk(_ pending: inout [UInt8]) throws -> [UInt8]? {
        let count = Int(try line(&pending), radix: 16) ?? 0
        let bytes = try take(count, &pending)
        _ = try line(&pending)
        return count == 0 ? nil : bytes
    }

    private func line(_ pending: inout [UInt8]) throws -> String {
        var searched = 0
        while true {
            if let end = pending[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeFirst(end + 1)
                return line.hasSuffix("\r") ? String(line.dropLast()) : line
            }
            searched = pending.count
            try receive(&pending)
        }
    }

    private func take(_ count: Int, _ pending: inout [UInt8]) throws -> [UInt8] {
        while pending.count < count { try receive(&pending) }
        defer { pending.removeFirst(count) }
        return Array(pending[..<count])
    }

    private func receive(_ pending: inout [UInt8]) throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw Failure(call: "recv", code: errno) }
        guard count > 0 else { throw Closed() }
        pending += buffer[..<count]
    }
}

/// What a server answered.
package struct HTTPAnswer: Equatable, Sendable {
    package let status: Int
    /// By names in lower case.
    package var headers: [String: String] = [:]
    package var body: [UInt8] = []

    package var text: String { String(decoding: body, as: UTF8.self) }
    /// Null where the body is not JSON.
    package var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
    /// Of NDJSON.
    package var lines: [JSONValue] {
        body.split(separator: UInt8(ascii: "\n")).map { (try? JSONValue(parsing: $0)) ?? .null }
    }
}
