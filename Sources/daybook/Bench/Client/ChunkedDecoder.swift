/// Takes the chunks of an HTTP answer apart (RFC 9112, 7.1), however the network cut them.
struct ChunkedDecoder {
    struct NotChunked: Error {}

    private enum State {
        case size(Int, digits: Int)
        case data(Int)
        /// The line end behind a chunk's bytes; how much of it is to come.
        case dataEnd(Int)
        /// Behind the last chunk: what has come of its empty line.
        case end(Int)
    }

    private var state = State.size(0, digits: 0)
    private(set) var isAtEnd = false

    /// Hands over what is inside the chunks.
    mutating func take(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        var index = 0
        while index < bytes.count, !isAtEnd {
            switch state {
            case .data(let left):
                let count = min(left, bytes.count - index)
                try body(UnsafeRawBufferPointer(rebasing: bytes[index..<index + count]))
                index += count
                state = count == left ? .dataEnd(2) : .data(left - count)
            case .dataEnd(let left):
                guard bytes[index] == (left == 2 ? 13 : 10) else { throw NotChunked() }
                index += 1
                state = left == 1 ? .size(0, digits: 0) : .dataEnd(1)
            case .size(let size, let digits):
                try takeSize(bytes[index], size, digits)
                index += 1
            case .end(let seen):
                guard bytes[index] == (seen == 0 ? 13 : 10) else { throw NotChunked() }
                index += 1
                state = .end(seen + 1)
                isAtEnd = seen == 1
            }
        }
    }

    private mutating func takeSize(_ byte: UInt8, _ size: Int, _ digits: Int) throws {
        switch byte {
        case 48...57: state = .size(size << 4 | Int(byte - 48), digits: digits + 1)
        case 65...70: state = .size(size << 4 | Int(byte - 55), digits: digits + 1)
        case 97...102: state = .size(size << 4 | Int(byte - 87), digits: digits + 1)
        case 13 where digits > 0: break
        case 10 where digits > 0: state = size == 0 ? .end(0) : .data(size)
        default: throw NotChunked()
        }
        guard digits < 8 else { throw NotChunked() }
    }
}
