import HTTPTypes

/// Finds the end of a request's body, and refuses chunks that are written in any other than the plain way.
struct BodyScanner {
    private enum State: Equatable {
        case data(left: Int)
        case size(value: Int, digits: Int)
        /// Of a chunk's first line, behind the size.
        case lineExtension(size: Int, bytes: Int)
        case lineEnd(size: Int)
        case dataCarriageReturn, dataLineFeed
        case lastCarriageReturn, lastLineFeed
        case complete
    }

    private var state: State
    private let isChunked: Bool
    /// Nil for a body without bound.
    private let bytesMax: Int?
    private var dataBytes = 0

    /// What a chunk's first line may have besides its size: extensions, which nobody here reads.
    private static let extensionBytesMax = 128

    /// - Throws: `Problem` 413 for a length above `bytesMax`.
    init(_ body: RequestHead.Body, bytesMax: Int?) throws(Problem) {
        self.bytesMax = bytesMax
        isChunked = body == .chunked
        switch body {
        case .none: state = .complete
        case .chunked: state = .size(value: 0, digits: 0)
        case .length(let length):
            state = .data(left: length)
            if let bytesMax, length > bytesMax { throw tooLarge }
        }
    }

    var isComplete: Bool { state == .complete }

    /// Takes in bytes of the connection, and says how many of them belong to the body.
    ///
    /// - Throws: `Problem` 400 for what are no chunks, 413 where they are too many.
    mutating func take(_ bytes: UnsafeRawBufferPointer) throws(Problem) -> Int {
        var index = 0
        while index < bytes.count, state != .complete {
            if case .data(let left) = state {
                let count = min(left, bytes.count - index)
                index += count
                state = count < left ? .data(left: left - count) : isChunked ? .dataCarriageReturn : .complete
            } else {
                state = try next(after: bytes[index])
                index += 1
            }
        }
        return index
    }

    private mutating func next(after byte: UInt8) throws(Problem) -> State {
        switch state {
        case .complete, .data: return state
        case .size(let value, let digits):
            if let digit = byte.hexadecimalDigit {
                guard digits < 8 else { throw .malformed("a chunk's size has more than eight digits") }
                return .size(value: value << 4 | digit, digits: digits + 1)
            }
            guard digits > 0 else { throw .malformed("a chunk has no size") }
            if byte == UInt8(ascii: ";") { return .lineExtension(size: value, bytes: 1) }
            guard byte == UInt8(ascii: "\r") else { throw .malformed("a chunk's size is not hexadecimal") }
            return .lineEnd(size: value)
        case .lineExtension(let size, let count):
            if byte == UInt8(ascii: "\r") { return .lineEnd(size: size) }
            guard byte == UInt8(ascii: "\t") || (0x20...0x7E).contains(byte), count < Self.extensionBytesMax else {
                throw .malformed("a chunk's extension is too long, or no text")
            }
            return .lineExtension(size: size, bytes: count + 1)
        case .lineEnd(let size):
            try expect("\n", byte)
            return try begin(size)
        case .dataCarriageReturn:
            try expect("\r", byte)
            return .dataLineFeed
        case .dataLineFeed:
            try expect("\n", byte)
            return .size(value: 0, digits: 0)
        case .lastCarriageReturn:
            guard byte == UInt8(ascii: "\r") else { throw .malformed("fields stand behind the last chunk") }
            return .lastLineFeed
        case .lastLineFeed:
            try expect("\n", byte)
            return .complete
        }
    }

    private mutating func begin(_ size: Int) throws(Problem) -> State {
        guard size > 0 else { return .lastCarriageReturn }
        dataBytes += size
        if let bytesMax, dataBytes > bytesMax { throw tooLarge }
        return .data(left: size)
    }

    private func expect(_ wanted: Unicode.Scalar, _ byte: UInt8) throws(Problem) {
        guard byte == UInt8(ascii: wanted) else { throw .malformed("a chunk does not end where it says") }
    }

    private var tooLarge: Problem {
        Problem(.contentTooLarge, "body_too_large", "A body here has at most \(bytesMax ?? 0) bytes.")
    }
}

extension UInt8 {
    fileprivate var hexadecimalDigit: Int? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(self - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(self - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(self - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
