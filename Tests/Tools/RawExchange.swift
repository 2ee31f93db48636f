import Foundation

/// Bytes sent to a server as they are, and what came back until the connection ended or the time was over.
package struct RawExchange: Sendable {
    /// The statuses of the responses that came, in order, without informational ones.
    package private(set) var statuses: [Int] = []
    package private(set) var received: [UInt8] = []
    /// Whether the server closed the connection.
    package private(set) var isClosed = false
    package private(set) var seconds = 0.0

    package struct NoConnection: Error { package let code: Int32 }

    /// Sends everything, waits for one whole response, then says that nothing more will come, and reads to the end. Blocks.
    ///
    /// - Parameter endsEarly: nothing more will come, said before any response.
    package init(_ bytes: [UInt8], port: Int, endsEarly: Bool = false, secondsMax: Double = 5) throws {
        let start = Date()
        let descriptor = try Self.connected(port)
        defer {
            close(descriptor)
            seconds = Date().timeIntervalSince(start)
        }
        var sent = 0
        var hasEnded = false
        while Date().timeIntervalSince(start) < secondsMax, !isClosed {
            if sent == bytes.count, !hasEnded, endsEarly || Self.responses(in: received).isWhole {
                shutdown(descriptor, CInt(SHUT_WR))
                hasEnded = true
            }
            let wanted = Int16(POLLIN) | (sent < bytes.count ? Int16(POLLOUT) : 0)
            var readiness = pollfd(fd: descriptor, events: wanted, revents: 0)
            guard poll(&readiness, 1, 100) > 0 else { continue }
            if readiness.revents & Int16(POLLOUT) != 0, sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
                }
                // Refused while it was being sent: what was answered may still be read.
                sent = count > 0 ? sent + count : errno == EAGAIN ? sent : bytes.count
            }
            if readiness.revents & ~Int16(POLLOUT) != 0 { read(descriptor) }
        }
        statuses = Self.responses(in: received).statuses
    }

    private mutating func read(_ descriptor: CInt) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count > 0 { received += buffer[..<count] } else { isClosed = true }
    }

    private static func connected(_ port: Int) throws -> CInt {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard code == 0 else {
            let code = errno
            close(descriptor)
            throw NoConnection(code: code)
        }
        return descriptor
    }

    /// Responses with a Content-Length or in chunks, one behind the other.
    private static func responses(in bytes: [UInt8]) -> (statuses: [Int], isWhole: Bool) {
        var statuses: [Int] = []
        var isWhole = false
        var rest = bytes[...]
        while let headEnd = rest.firstRange(of: Array("\r\n\r\n".utf8)) {
            let head = String(decoding: rest[..<headEnd.lowerBound], as: UTF8.self)
            let status = Int(head.split(separator: " ").dropFirst().first?.prefix(3) ?? "") ?? 0
            rest = rest[headEnd.upperBound...]
            if (100..<200).contains(status) { continue }
            statuses.append(status)
            let length = head.lowercased().components(separatedBy: "content-length:").dropFirst().first.flatMap {
                Int($0.prefix { $0 != "\r" && $0 != "\r\n" }.trimmingCharacters(in: .whitespaces))
            }
            if let length {
                isWhole = rest.count >= length
                rest = rest.dropFirst(length)
            } else if let end = rest.firstRange(of: Array("0\r\n\r\n".utf8)) {
                isWhole = true
                rest = rest[end.upperBound...]
            } else {
                isWhole = false
            }
        }
        return (statuses, isWhole)
    }
}
