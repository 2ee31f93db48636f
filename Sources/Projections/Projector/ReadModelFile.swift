import CSQLiteChecksums
import EventStore
import Foundation
import GRDB
import Synchronization

/// One SQLite file: the rows of one version of a projection, and the checkpoint up to which they are fed. Every page has a
/// checksum.
final class ReadModelFile: Sendable {
    /// Tables that are no projection's.
    static let ownTables = ["checkpoint", "parked", "stopped"]

    /// What a file is opened for.
    enum Purpose {
        /// To be asked, and fed as events come.
        case live
        /// To be fed as fast as can be, by a rebuild, and then asked: indexes come last.
        case building
    }

    let path: String
    let projection: any Projection.Type
    /// A pool, whose readers don't wait for the writer, or one connection while it is built.
    private let pool: any DatabaseWriter
    private let parkings: ParkingRecord?
    private let parkedNow: Mutex<Set<UInt64>>

    /// Opens the file, creating it where it is missing.
    ///
    /// - Parameter parkings: names the events that it passes by.
    init(
        _ projection: any Projection.Type, path: String, parkings: ParkingRecord? = nil, for purpose: Purpose = .live
    ) throws {
        self.path = path
        self.projection = projection
        self.parkings = parkings
        parkedNow = Mutex(Set(try parkings?.parked().keys.map(\.self) ?? []))
        try Self.check(csqlitechecksums_register())
        let configuration = Self.configuration(purpose)
        pool =
            switch purpose {
            case .live: try DatabasePool(path: path, configuration: configuration)
            case .building: try DatabaseQueue(path: path, configuration: configuration)
            }
        // Asked before, because whoever feeds the file holds the right to write.
        guard try pool.read({ try !Self.isComplete($0) }) else { return }
        try pool.write { database in
            try ParkedEvents.createSchema(in: database)
            try ProjectionFailure.createSchema(in: database)
            guard try !database.tableExists("checkpoint") else { return }
            try projection.createSchema(in: database)
            try Checkpoint.createSchema(in: database)
            if purpose == .live { try Self.createIndexes(of: projection, in: database) }
        }
    }

    private static func isComplete(_ database: Database) throws -> Bool {
        try ownTables.allSatisfy { try database.tableExists($0) }
    }

    /// Once: the file says that it has them.
    private static func createIndexes(of projection: any Projection.Type, in database: Database) throws {
        guard try Int.fetchOne(database, sql: "PRAGMA user_version") == 0 else { return }
        try projection.createIndexes(in: database)
        try database.execute(sql: "PRAGMA user_version = 1")
    }

    /// What is in the rows comes from the log, so a commit need not reach the disk at once: after a power cut the model
    /// stands at an older checkpoint and goes on from there. While it is built it is only safe from the end of the process.
    private static func configuration(_ purpose: Purpose) -> Configuration {
        var configuration = Configuration()
        configuration.maximumReaderCount = 4
        // Another process may make what is missing at the same time.
        configuration.busyMode = .timeout(10)
        let durability =
            switch purpose {
            case .live: "PRAGMA synchronous = NORMAL"
            // Most rows go to new pages, which a rollback journal, other than a write-ahead log, does not write twice.
            case .building: "PRAGMA synchronous = OFF; PRAGMA journal_mode = TRUNCATE"
            }
        configuration.prepareDatabase { database in
            try check(csqlitechecksums_prepare(database.sqliteConnection))
            try database.execute(sql: "\(durability); PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY")
        }
        return configuration
    }

    private static func check(_ code: Int32) throws {
        let code = ResultCode(rawValue: code)
        guard code == .SQLITE_OK else { throw DatabaseError(resultCode: code) }
    }

    /// Reads a consistent state. Blocks the calling thread; meant for short queries.
    func read<R>(_ body: (Database) throws -> R) throws -> R { try pool.read(body) }

    func write<R>(_ body: (Database) throws -> R) throws -> R { try pool.write(body) }

    func checkpoint() throws -> Checkpoint { try read { try Checkpoint.load(from: $0) } }

    /// The positions that are passed by.
    var parked: Set<UInt64> { parkedNow.withLock { $0 } }

    /// - Throws: `NotParked` where the rows lack an event that is not parked any more.
    func demandOnlyParked() throws {
        struct NotParked: Error {}
        let aside = try read { try ParkedEvents.all(in: $0) }
        guard aside.allSatisfy({ parked.contains($0.position.rawValue) }) else { throw NotParked() }
    }

    /// Looks whether an event was parked since. Before it was taken in, nothing of it can be in the rows.
    func learnsParked(_ position: Position) throws -> Bool {
        let parked = Set(try parkings?.parked().keys.map(\.self) ?? [])
        parkedNow.withLock { $0 = parked }
        return parked.contains(position.rawValue)
    }

    /// One transaction in which another file can be read, as `live`.
    func write<R>(beside other: String, _ body: (Database) throws -> R) throws -> R {
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "ATTACH ? AS live", arguments: [other])
            defer { try? database.execute(sql: "DETACH live") }
            var result: R?
            try database.inTransaction(.deferred) {
                result = try body(database)
                return .commit
            }
            guard let result else { preconditionFailure("the transaction threw") }
            return result
        }
    }

    /// Makes what was built fit to be asked, and durable, and closes it. The file stands alone then.
    func finishBuilding() throws {
        try write { try Self.createIndexes(of: projection, in: $0) }
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
        try pool.close()
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.synchronize()
        try file.close()
    }

    var sizeOnDiskBytes: Int {
        ["", "-wal"].reduce(0) { sum, suffix in
            let size = try? FileManager.default.attributesOfItem(atPath: path + suffix)[.size] as? Int
            return sum + (size ?? 0)
        }
    }

    /// Removes a file and what SQLite keeps beside it. Whoever has it open goes on reading what there was.
    static func remove(_ path: String) throws {
        for suffix in ["", "-wal", "-shm", "-journal"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.removeItem(atPath: path + suffix)
        }
    }
}
