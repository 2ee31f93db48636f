import Decompression
import Foundation
import Testing

@Suite("Input that cannot be read is an error that names the file")
struct DamageTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func readAll(_ path: String) throws {
        _ = try DecompressingReader(path: path).readAll()
    }

    @Test("A compressed file that is cut anywhere is truncated", arguments: ["gzip", "xz"])
    func truncated(program: String) throws {
        let whole = try directory.compress(table(rows: 200), with: [program])
        for count in 1..<whole.count {
            let path = try directory.file("cut", Array(whole.prefix(count)))
            let message = try failure(.truncated) { try readAll(path) }
            #expect(message.contains(path))
        }
    }

    @Test("A second member that is cut is truncated", arguments: ["gzip", "xz"])
    func truncatedSecond(program: String) throws {
        let whole = try directory.compress(table(rows: 200), with: [program])
        let path = try directory.file("cut", whole + whole.dropLast(9))
        _ = try failure(.truncated) { try readAll(path) }
    }

    @Test("One flipped bit in an .xz file never passes unnoticed")
    func flippedXZ() throws {
        try flipEachByte(of: directory.compress(table(rows: 50), with: ["xz"]), from: 6)
    }

    @Test("One flipped bit behind a gzip header never passes unnoticed")
    func flippedGzip() throws {
        try flipEachByte(of: directory.compress(table(rows: 50), with: ["gzip", "-n"]), from: 10)
    }

    /// The first bytes are the magic number, without which a file is plain, and a header of dates and flags.
    private func flipEachByte(of whole: [UInt8], from start: Int) throws {
        for index in start..<whole.count {
            var damaged = whole
            damaged[index] ^= 0x10
            let path = try directory.file("damaged", damaged)
            #expect(throws: DecompressionError.self, "byte \(index)") { try readAll(path) }
        }
    }

    @Test("Something else behind the compressed data is damage", arguments: ["gzip", "xz"])
    func trailingGarbage(program: String) throws {
        let whole = try directory.compress(table(rows: 10), with: [program])
        let path = try directory.file("long", whole + Array("not compressed at all".utf8))
        #expect(try failure(.corrupt) { try readAll(path) }.contains(path))
    }

    @Test("After an error the reader has ended")
    func afterError() throws {
        let whole = try directory.compress(table(rows: 10), with: ["xz"])
        let reader = try DecompressingReader(path: directory.file("cut", whole.dropLast(1)))
        #expect(throws: DecompressionError.self) { while try reader.next() != nil {} }
        #expect(try reader.next() == nil)
    }

    @Test("An .xz file that needs more memory than allowed is refused, saying how much")
    func memoryLimit() throws {
        let path = try directory.file("large", directory.compress(table(rows: 10), with: ["xz", "-6"]))
        let message = try failure(.memoryLimit) {
            _ = try DecompressingReader(path: path, memoryBytesMax: 1 << 20).readAll()
        }
        #expect(message.contains(path) && message.contains("1 MiB are allowed"))
    }

    @Test("A missing file and a directory are named")
    func notAFile() throws {
        let missing = "\(directory.path)/missing.csv"
        #expect(try failure(.notFound) { try readAll(missing) }.contains(missing))
        #expect(try failure(.isDirectory) { try readAll(directory.path) }.contains(directory.path))
    }

    @Test("A file without permission is named")
    func permission() throws {
        let path = try directory.file("secret", [1])
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
        if FileManager.default.isReadableFile(atPath: path) {
            try Test.cancel("This user may read every file; run the test as another than root.")
        }
        #expect(try failure(.permissionDenied) { try readAll(path) }.contains(path))
    }
}
