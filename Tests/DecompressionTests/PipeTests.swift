import Decompression
import Foundation
import Testing

/// Serialized, for standard input is one for the whole process.
@Suite("Reading pipes and standard input", .serialized)
struct PipeTests {
    @Test("Standard input is read to its end, compressed or not", arguments: [nil, "gzip", "xz"])
    func standardInput(program: String?) throws {
        let directory = try TemporaryDirectory()
        let text = table(rows: 9_000)
        let bytes = try program.map { try directory.compress(text, with: [$0]) } ?? text
        try withStandardInput(bytes) {
            let reader = try DecompressingReader(path: "-")
            #expect(reader.fileBytes == nil)
            #expect(try reader.readAll() == text)
        }
    }

    @Test("Truncated standard input is named")
    func truncated() throws {
        let bytes = try TemporaryDirectory().compress(table(rows: 100), with: ["gzip"])
        try withStandardInput(bytes.dropLast(4)) {
            let message = try failure(.truncated) { _ = try DecompressingReader(path: "-").readAll() }
            #expect(message.contains("standard input"))
        }
    }

    @Test("What has arrived is given out while the pipe is still open")
    func liveInput() throws {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Array("a first line\n".utf8))
        let reader = try DecompressingReader(path: "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)")
        #expect(try reader.next() == Array("a first line\n".utf8))
        try pipe.fileHandleForWriting.close()
        #expect(try reader.next() == nil)
    }

    private func withStandardInput(_ bytes: [UInt8], _ body: () throws -> Void) throws {
        let pipe = Pipe()
        let saved = dup(STDIN_FILENO)
        dup2(pipe.fileHandleForReading.fileDescriptor, STDIN_FILENO)
        defer {
            dup2(saved, STDIN_FILENO)
            close(saved)
        }
        Thread.detachNewThread {
            try? pipe.fileHandleForWriting.write(contentsOf: bytes)
            try? pipe.fileHandleForWriting.close()
        }
        try body()
    }
}
