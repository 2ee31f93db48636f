/// Cuts a stream of bytes into lines, with a bound on what a line may be.
struct LineSplitter: Sendable {
    let lineBytesMax: Int
    /// The line that has no end yet.
    private var rest: [UInt8] = []
    private var isSkipping = false

    init(lineBytesMax: Int) { self.lineBytesMax = lineBytesMax }

    /// The lines that the chunk completes. Blank lines are none.
    mutating func split(_ chunk: some Collection<UInt8>) -> Frames {
        let known = rest.count
        rest.append(contentsOf: chunk)
        guard let last = rest[known...].lastIndex(of: UInt8(ascii: "\n")) else {
            keep(from: 0)
            return .none
        }
        let bytes = rest
        var frames: [Frames.Frame] = []
        var start = 0
        // Bytes before `known` were looked at before, and have no end of a line.
        var index = known
        while index <= last {
            if bytes[index] == UInt8(ascii: "\n") {
                if let frame = frame(bytes, start..<index) { frames.append(frame) }
                isSkipping = false
                start = index + 1
            }
            index += 1
        }
        keep(from: start)
        return Frames(bytes: bytes, frames: frames)
    }

    /// The line that has no end; none where the stream ended with one.
    mutating func finish() -> Frames {
        let bytes = rest
        let frame = frame(bytes, 0..<bytes.count)
        isSkipping = false
        rest = []
        return Frames(bytes: bytes, frames: frame.map { [$0] } ?? [])
    }

    private mutating func keep(from start: Int) {
        if isSkipping || rest.count - start > lineBytesMax {
            isSkipping = true
            rest = []
        } else if start > 0 {
            rest = Array(rest[start...])
        }
    }

    private func frame(_ bytes: [UInt8], _ range: Range<Int>) -> Frames.Frame? {
        if isSkipping || range.count > lineBytesMax { return .faulty(.tooLong) }
        let isBlank = bytes[range].allSatisfy {
            $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\t")
        }
        return isBlank ? nil : .whole(range)
    }
}
