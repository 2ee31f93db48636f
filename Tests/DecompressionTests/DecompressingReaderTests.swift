import Decompression
import Foundation
import Testing

@Suite("Reading files, compressed or not")
struct DecompressingReaderTests {
    private let directory: TemporaryDirectory
    private static let programs = [["gzip"], ["xz"], ["xz", "--check=crc32"], ["xz", "--block-size=65536"]]

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func read(_ bytes: [UInt8], named name: String = "file") throws -> [UInt8] {
        try DecompressingReader(path: directory.file(name, bytes)).readAll()
    }

    @Test("A plain file is read as it is")
    func plain() throws {
        let text = table(rows: 9_000)
        #expect(try read(text) == text)
    }

    @Test("An empty file has no bytes and is no error", arguments: ["file", "file.xz", "file.gz"])
    func empty(name: String) throws {
        let reader = try DecompressingReader(path: directory.file(name, []))
        #expect(try reader.next() == nil)
        #expect(try reader.next() == nil)
    }

    @Test("A compressed file is read as what was compressed", arguments: programs)
    func compressed(program: [String]) throws {
        let text = table(rows: 9_000)
        #expect(try read(directory.compress(text, with: program)) == text)
    }

    @Test("What was compressed from nothing has no bytes", arguments: programs)
    func compressedEmpty(program: [String]) throws {
        #expect(try read(directory.compress([], with: program)) == [])
    }

    @Test("The format is recognised by content, whatever the name says")
    func misleadingNames() throws {
        let text = table(rows: 10)
        #expect(try read(directory.compress(text, with: ["gzip"]), named: "table.csv.xz") == text)
        #expect(try read(directory.compress(text, with: ["xz"]), named: "table.csv") == text)
        #expect(try read(text, named: "table.csv.gz") == text)
    }

    @Test("Concatenated files are read one after another", arguments: programs)
    func concatenated(program: [String]) throws {
        let first = table(rows: 9_000)
        let second = table(rows: 4_000)
        let both = try directory.compress(first, with: program) + directory.compress(second, with: program)
        #expect(try read(both) == first + second)
    }

    @Test("Zero bytes after a compressed file are padding", arguments: programs)
    func padding(program: [String]) throws {
        let text = table(rows: 10)
        let zeros = [UInt8](repeating: 0, count: 512)
        #expect(try read(directory.compress(text, with: program) + zeros) == text)
    }

    @Test("A chunk is never empty and never above the maximum")
    func chunks() throws {
        let text = table(rows: 12_000)
        let reader = try DecompressingReader(path: directory.file("f", directory.compress(text, with: ["xz"])))
        var all: [UInt8] = []
        while let chunk = try reader.next() {
            #expect((1...DecompressingReader.chunkBytesMax).contains(chunk.count))
            all += chunk
        }
        #expect(all == text)
        #expect(reader.fileBytesRead == reader.fileBytes)
    }

    @Test("The sample file is read whole")
    func sampleFile() throws {
        guard let path = sample("online-retail/online-retail.csv.xz") else {
            try Test.cancel("The sample data is absent. Set DAYBOOK_TEST_DATA to its directory to run this.")
        }
        let reader = try DecompressingReader(path: path)
        var lines = 0
        while let chunk = try reader.next() { lines += chunk.count { $0 == UInt8(ascii: "\n") } }
        #expect(lines == 541_910)
    }
}
