import Foundation
import LMDB
import Testing

@Suite("An environment in a directory")
struct EnvironmentTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test("What was committed is there after reopening")
    func reopen() throws {
        do {
            let environment = try directory.environment()
            try environment.append(1...1_000, to: environment.log())
        }
        let environment = try directory.environment()
        let log = try environment.log()
        try environment.read { (transaction) throws in
            #expect(try transaction.entryCount(log) == 1_000)
            #expect(try transaction.firstKey(log) == 1)
            #expect(try transaction.lastKey(log) == 1_000)
            #expect(try transaction.get(log, key: 77) == record(77))
            #expect(try transaction.get(log, key: 1_001) == nil)
        }
    }

    @Test("The default options open, and LMDB's two files are all there is")
    func defaults() throws {
        let environment = try Environment(directory: directory.path)
        #expect(try environment.mapSizeBytes == 256 << 30)
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(files.sorted() == ["data.mdb", "lock.mdb"])
        #expect(environment.keyBytesMax == 511)
    }

    @Test("A directory that is missing, or is a file, is refused")
    func badDirectory() throws {
        #expect(throws: LMDBError.noSuchFile) { try Environment(directory: "\(directory.path)/missing") }
        let file = "\(directory.path)/file"
        try Data([1]).write(to: URL(fileURLWithPath: file))
        #expect(throws: LMDBError.notADirectory) { try Environment(directory: file) }
    }

    @Test("A file that LMDB did not write is refused")
    func foreignFile() throws {
        try Data(repeating: 7, count: 8_192).write(to: URL(fileURLWithPath: "\(directory.path)/data.mdb"))
        #expect(throws: LMDBError.invalidFile) { try directory.environment() }
    }

    @Test("A file whose pages are of another size than it says is refused", arguments: [0, 4_096], 40...43)
    func otherPageSize(page: Int, byte: Int) throws {
        let directory = try TemporaryDirectory()
        // After one commit the one meta page is the newer, after two the other.
        for range in [1...100, 101...200] as [ClosedRange<UInt64>] {
            do {
                let environment = try directory.environment()
                try environment.append(range, to: environment.log())
            }
            try flip(page + byte, in: directory)
            #expect(throws: LMDBError.self) { try directory.environment() }
            try flip(page + byte, in: directory)
        }
    }

    private func flip(_ byte: Int, in directory: TemporaryDirectory) throws {
        let file = URL(fileURLWithPath: directory.path + "/data.mdb")
        var bytes = Array(try Data(contentsOf: file))
        bytes[byte] = ~bytes[byte]
        let handle = try FileHandle(forWritingTo: file)
        try handle.write(contentsOf: bytes)
        try handle.close()
    }

    @Test("A file that claims to have more pages than there can be is refused", arguments: 136...143)
    func absurdPageCount(byte: Int) throws {
        let directory = try TemporaryDirectory()
        do {
            let environment = try directory.environment()
            try environment.append(1...100, to: environment.log())
        }
        let file = directory.path + "/data.mdb"
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
        // mm_last_pg of both meta pages: behind 16 bytes of page head, magic, version, address, size and two databases.
        for page in [0, 4_096] { bytes[page + byte] = ~bytes[page + byte] }
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        #expect(throws: LMDBError.self) { try directory.environment() }  // Or the map has no room for them.
    }

    @Test("Opening a directory twice in one process is refused until the first is closed")
    func openTwice() throws {
        do {
            let environment = try directory.environment()
            #expect(throws: LMDBError.openTwice) { try directory.environment() }
            _ = try environment.log()
        }
        _ = try directory.environment()
    }

    @Test("A failed opening does not keep the directory claimed")
    func claimAfterFailure() throws {
        #expect(throws: LMDBError.noSuchFile) { try directory.environment(readOnly: true) }
        _ = try directory.environment()
    }

    @Test("A read-only environment reads, and refuses to write or create")
    func readOnly() throws {
        do {
            let environment = try directory.environment()
            try environment.append(1...3, to: environment.log())
        }
        let environment = try directory.environment(readOnly: true)
        let log = try environment.database(named: "log", options: .integerKey)
        #expect(try environment.keys(log) == [1, 2, 3])
        #expect(throws: LMDBError.accessDenied) { try environment.append(4...4, to: log) }
        #expect(throws: LMDBError.accessDenied) { try environment.database(named: "new", options: .create) }
    }

    @Test("A database that is missing is not found, unless it is to be created")
    func missingDatabase() throws {
        let environment = try directory.environment()
        #expect(throws: LMDBError.notFound) { try environment.database(named: "index") }
        let index = try environment.database(named: "index", options: .create)
        #expect(try environment.read { transaction in try transaction.entryCount(index) } == 0)
    }

    @Test("A database opened with another form of key is incompatible")
    func incompatibleKeys() throws {
        let environment = try directory.environment()
        _ = try environment.log()
        #expect(throws: LMDBError.incompatible) { try environment.database(named: "log") }
    }

    @Test("More databases than allowed are refused")
    func databasesFull() throws {
        var options = Environment.Options()
        options.mapSizeBytes = 1 << 20
        options.databasesMax = 1
        let environment = try Environment(directory: directory.path, options: options)
        _ = try environment.log()
        #expect(throws: LMDBError.databasesFull) { try environment.database(named: "index", options: .create) }
    }

    @Test("The sizes grow with what is written, and no reader is dead")
    func usage() throws {
        let environment = try directory.environment()
        let log = try environment.log()
        let before = try environment.pagesUsedBytes
        try environment.append(1...10_000, to: log)
        #expect(try environment.pagesUsedBytes > before + 10_000 * 160)
        #expect(try environment.sizeOnDiskBytes >= environment.pagesUsedBytes)
        #expect(try environment.readerCheck() == 0)
    }
}
