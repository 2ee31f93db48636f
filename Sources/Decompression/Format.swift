/// How a file is compressed, by its first bytes.
enum Format {
    case plain, gzip, xz

    static let magicBytesMax = 6

    private static let magics: [(format: Format, bytes: [UInt8])] = [
        (.xz, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
        (.gzip, [0x1F, 0x8B]),
    ]

    /// A file that ends within a magic number is taken for the beginning of a compressed one, and its decoder will say
    /// that it is truncated: neither FD nor 1F begins a text.
    init(recognising start: UnsafeRawBufferPointer) {
        let match = Self.magics.first { $0.bytes.starts(with: start.prefix($0.bytes.count)) }
        self = start.isEmpty ? .plain : match?.format ?? .plain
    }
}
