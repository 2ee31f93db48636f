import Foundation

/// One streamed request: a thread sends it while the caller reads what comes back.
final class StreamConnection: Sendable {
    private let descriptor: Int32

    /// - Throws: `Failure` where nobody listens on the port of 127.0.0.1.
    init(port: Int) throws {
        descriptor = try LocalSocket.connected(port: port)
    }

    deinit { close(descriptor) }

    /// Sends everything from a thread of its own; a connection that breaks is seen by whoever reads.
    func send(_ requests: StreamRequests) {
        let thread = Thread { [self] in
            guard write(requests.head) else { return }
            for chunk in requests.chunks { guard write(chunk) else { return } }
        }
        thread.name = "bench-sender"
        thread.start()
    }

    /// Reads to the end of the answer.
    ///
    /// - Throws: `Failure` where it is not 200 in chunks, or has no end.
    func read(_ counter: inout AnswerCounter) throws {
        var decoder = ChunkedDecoder()
        var head: [UInt8]? = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { buffer.deallocate() }
        while !decoder.isAtEnd {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            guard count > 0 else {
                throw Failure(.check, "The stream ended early, after \(counter.answers) answers: errno \(errno).")
            }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            guard head != nil else {
                try decoder.take(bytes) { try counter.take($0) }
                continue
            }
            head?.append(contentsOf: bytes)
            guard let seen = head, let body = try Self.body(of: seen) else { continue }
            head = nil
            try seen[body...].withUnsafeBytes { try decoder.take($0) { try counter.take($0) } }
        }
    }

    /// Where the body begins; nil while the head has no end.
    private static func body(of bytes: [UInt8]) throws -> Int? {
        let text = String(decoding: bytes.prefix(4_096), as: UTF8.self)
        guard let end = text.utf8.firstRange(of: "\r\n\r\n".utf8) else { return nil }
        let head = text[..<end.lowerBound].lowercased()
        guard head.hasPrefix("http/1.1 200"), head.contains("transfer-encoding: chunked") else {
            throw Failure(.check, "The stream was answered: \(text)")
        }
        return text.utf8.distance(from: text.utf8.startIndex, to: end.upperBound)
    }

    private func write(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = Glibc.send(
                    descriptor, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
                if count <= 0 { return false }
                sent += count
            }
            return true
        }
    }
}
