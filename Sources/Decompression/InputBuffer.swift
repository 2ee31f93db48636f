/// What was read from a file and not yet decoded.
final class InputBuffer {
    let file: InputFile
    private(set) var atEnd = false
    private let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 1)
    private var unread = 0..<0

    init(_ file: InputFile) {
        self.file = file
    }

    deinit {
        bytes.deallocate()
    }

    var isEmpty: Bool { unread.isEmpty }

    /// Refills an empty buffer with `count` bytes or more, unless the file ends first.
    func fill(atLeast count: Int) throws(DecompressionError) {
        precondition(isEmpty, "Bytes that were not decoded would be overwritten.")
        unread = 0..<0
        while unread.count < count && !atEnd {
            let free = UnsafeMutableRawBufferPointer(rebasing: bytes[unread.upperBound...])
            let read = try file.read(into: free)
            atEnd = read == 0
            unread = 0..<unread.upperBound + read
        }
    }

    /// What is there. Valid until the next `fill`.
    var contents: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[unread])
    }

    func drop(_ count: Int) {
        unread = unread.lowerBound + count..<unread.upperBound
    }
}
