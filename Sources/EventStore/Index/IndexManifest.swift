/// What the index consists of: which runs, up to which record of which log, and its secret. One small file, replaced
/// as a whole.
struct IndexManifest: Equatable, Sendable {
    static let fileName = "manifest"
    private static let magic: UInt64 = 0x3254_464E_4D4B_4244  // "DBKMNFT2"

    var key: DigestKey
    /// The last record that the runs know of, and its checksum: proof that the index was made from this log.
    var through = Position.start
    var throughChecksum: UInt32 = 0
    /// The numbers of the runs, oldest first.
    var runs: [UInt64] = []
    /// The next run's number. Never given twice under one key, so that a file left over can't be taken for another; not even
    /// where the writing fails, for the manifest may be on the disk all the same.
    var nextRun: UInt64 = 1

    mutating func takeRunNumber() -> UInt64 {
        defer { nextRun += 1 }
        return nextRun
    }

    static func runName(_ number: UInt64) -> String { "run-\(number)" }

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        let fields = [
            Self.magic, key.first, key.second, through.rawValue, UInt64(throughChecksum), nextRun, UInt64(runs.count),
        ]
        for field in fields + runs { bytes += withUnsafeBytes(of: field.littleEndian, Array.init) }
        let checksum = UInt64(bytes.withUnsafeBytes { CRC32C.checksum($0) })
        return bytes + withUnsafeBytes(of: checksum.littleEndian, Array.init)
    }

    /// Nil where the bytes are not what was written.
    init?(_ file: FileBytes) {
        defer { withExtendedLifetime(file) {} }  // The bytes are the file's.
        let bytes = file.bytes
        guard bytes.count >= 64, bytes.count % 8 == 0 else { return nil }
        let content = UnsafeRawBufferPointer(rebasing: bytes.dropLast(8))
        guard bytes.littleEndian(bytes.count - 8) == UInt64(CRC32C.checksum(content)),
            bytes.littleEndian(0) == Self.magic, bytes.littleEndian(48) == UInt64(bytes.count / 8 - 8),
            let checksum = UInt32(exactly: bytes.littleEndian(32))
        else { return nil }
        key = DigestKey(first: bytes.littleEndian(8), second: bytes.littleEndian(16))
        through = Position(rawValue: bytes.littleEndian(24))
        throughChecksum = checksum
        nextRun = bytes.littleEndian(40)
        runs = stride(from: 56, to: bytes.count - 8, by: 8).map { bytes.littleEndian($0) }
    }

    init(key: DigestKey) { self.key = key }
}
