import Foundation
import Synchronization

/// One connection to a server: a request, its answer, the next request. Every wait has a bound.
final class HTTPConnection {
    struct Answer {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// Why there is no answer. Whether the request was carried out is then unknown.
    enum Lost: Error, CustomStringConvertible {
        case closed(String)
        case timedOut(seconds: Int)

        var description: String {
            switch self {
            case .closed(let why): "the connection ended: \(why)"
            case .timedOut(let seconds): "no answer within \(seconds) s"
            }
        }
    }

    private let descriptor: Int32
    private let timeoutSeconds: Int
    private var buffer: [UInt8] = []

    init(_ host: String = "127.0.0.1", port: Int, timeoutSeconds: Int = 30) throws(Lost) {
        self.timeoutSeconds = timeoutSeconds
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var bound = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &bound, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &bound, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr(host)
        let connected = withUnsafeBytes(of: &address) { bytes in
            connect(
                descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!,
                socklen_t(MemoryLayout<sockaddr_in>.size))
        }
        guard connected == 0 else {
            let code = errno
            // A deinit does not run where not everything was set; here everything was.
            throw .closed("connect: \(String(cString: strerror(code)))")
        }
    }

    deinit { close(descriptor) }

    func send(
        _ method: String, _ path: String, headers: [String: String] = [:], body: [UInt8] = []
    ) throws(Lost) -> Answer {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: \(body.count)\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        try write(Array((head + "\r\n").utf8) + body)
        return try answer()
    }

    private func write(_ bytes: [UInt8]) throws(Lost) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, CInt(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw lost() }
            sent += count
        }
    }

    private func answer() throws(Lost) -> Answer {
        let lines = String(decoding: try take(through: Array("\r\n\r\n".utf8)), as: UTF8.self)
            .components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count >= 2, let status = Int(words[1]) else { throw .closed("no HTTP: \(lines[0])") }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                in: .whitespaces)
        }
        if headers["transfer-encoding"]?.lowercased() == "chunked" {
            return Answer(status: status, headers: headers, body: try chunks())
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        return Answer(status: status, headers: headers, body: try take(length))
    }

    private func chunks() throws(Lost) -> [UInt8] {
        let lineEnd = Array("\r\n".utf8)
        var body: [UInt8] = []
        while true {
            let size = String(decoding: try take(through: lineEnd).dropLast(2), as: UTF8.self)
            guard let length = Int(size.split(separator: ";").first ?? "", radix: 16) else {
                throw .closed("no size of a chunk: \(size)")
            }
            body += try take(length)
            _ = try take(through: lineEnd)
            if length == 0 { return body }
        }
    }

    private func take(_ count: Int) throws(Lost) -> [UInt8] {
        while buffer.count < count { try readMore() }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    private func take(through end: [UInt8]) throws(Lost) -> [UInt8] {
        while true {
            if let length = buffer.withUnsafeBytes({ Self.length(of: $0, through: end) }) { return try take(length) }
            try readMore()
        }
    }

    /// By the C library, for tests are built without optimization and answers are long.
    private static func length(of bytes: UnsafeRawBufferPointer, through end: [UInt8]) -> Int? {
        guard let start = bytes.baseAddress, let last = end.last else { return nil }
        var from = start
        while let found = memchr(from, CInt(last), bytes.count - (from - start)) {
            let length = UnsafeRawPointer(found) - start + 1
            if length >= end.count, memcmp(start + length - end.count, end, end.count) == 0 { return length }
            from = start + length
        }
        return nil
    }

    private func readMore() throws(Lost) {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        var count = recv(descriptor, &chunk, chunk.count, 0)
        while count < 0, errno == EINTR { count = recv(descriptor, &chunk, chunk.count, 0) }
        guard count > 0 else { throw count == 0 ? .closed("end of file") : lost() }
        buffer += chunk[..<count]
    }

    private func lost() -> Lost {
        errno == EAGAIN ? .timedOut(seconds: timeoutSeconds) : .closed(String(cString: strerror(errno)))
    }
}
