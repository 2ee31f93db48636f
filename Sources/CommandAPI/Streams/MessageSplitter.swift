/// Cuts a stream of bytes into messages, each behind its length as a varint.
struct MessageSplitter: Sendable {
    let messageBytesMax: Int
    /// Whether a length was met that can't be, behind which nothing can be found any more.
    private(set) var isBroken = false
    /// The message that is not whole yet, with its length.
    private var rest: [UInt8] = []
    /// How many bytes `rest` needs before there is something to be found in it.
    private var wanted = 1

    init(messageBytesMax: Int) { self.messageBytesMax = messageBytesMax }

    /// The messages that the chunk completes. Behind a fault there are none.
    mutating func split(_ chunk: some Collection<UInt8>) -> Frames {
        guard !isBroken else { return .none }
        rest.append(contentsOf: chunk)
        guard rest.count >= wanted else { return .none }
        let bytes = rest
        var frames: [Frames.Frame] = []
        var start = 0
        scan: while true {
            switch Self.length(bytes, at: start) {
            case .incomplete:
                wanted = bytes.count - start + 1
                break scan
            case .complete(let length, let first):
                guard length <= messageBytesMax else {
                    isBroken = true
                    frames.append(.faulty(.tooLong))
                    break scan
                }
                guard first + length <= bytes.count else {
                    wanted = first + length - start
                    break scan
                }
                frames.append(.whole(first..<first + length))
                start = first + length
            }
        }
        if isBroken {
            rest = []
        } else if start > 0 {
            rest = Array(rest[start...])
        }
        return Frames(bytes: bytes, frames: frames)
    }

    /// A fault where the stream ended inside a message.
    mutating func finish() -> Frames {
        defer { rest = [] }
        return rest.isEmpty || isBroken ? .none : Frames(bytes: [], frames: [.faulty(.truncated)])
    }

    private enum Length {
        case incomplete
        /// How long, and where the message begins.
        case complete(Int, first: Int)
    }

    /// No more bytes are looked at than a length needs that may be; a longer one is told as too long.
    private static func length(_ bytes: [UInt8], at start: Int) -> Length {
        var length = 0
        for offset in 0..<5 {
            guard start + offset < bytes.count else { return .incomplete }
            let byte = bytes[start + offset]
            length |= Int(byte & 0x7F) << (7 * offset)
            if byte < 0x80 { return .complete(length, first: start + offset + 1) }
        }
        return .complete(.max, first: start)
    }
}
