import CSQLiteChecksums
import EventStore
import Foundation
import GRDB

/// One SQLite file: the rows of one version of a projection, and the checkpoint up to which they are fed. Every page has a
/// checksum.
final class ReadModelFile: Sendable {
    /// What a file is opened for.
    enum Purpose {
        /// To be asked, and fed as events come.
        case live
        /// To be fed as fast as can be, by a rebuild, and then asked: indexes come last.
        case building
    }

    let path: String
    let projection: any Projection.Type
    private let pool: DatabasePool

    /// Opens the file, creating it where it is missing.
    init(_ projection: any Projection.Type, path: String, for purpose: Purpose = .live) throws {
        self.path = path
        self.projection = projection
        try Self.check(csqlitechecksums_register())
        pool = try DatabasePool(path: path, configuration: Self.configuration(purpose))
        try pool.write { database in
            guard try !database.tableExists("checkpoint") else { return }
            try projection.createSchema(in: database)
            try Checkpoint.createSchema(in: database)
            if purpose == .live { try Self.createIndexes(of: projection, in: database) }
        }
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
        let synchronous = purpose == .live ? "NORMAL" : "OFF"
        configuration.prepareDatabase { database in
            try check(csqlitechecksums_prepare(database.sqliteConnection))
            try database.execute(
                sql: "PRAGMA synchronous = \(synchronous); PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY")
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

    /// Takes in what it does not have yet of consecutive events, in one transaction.
    ///
    /// - Throws: `FailedEvent` for one that the projection can't apply, `DiffersFromLog` where what it was given is not what the
    ///   log has; nothing was taken in then.
    func take(_ chunk: EventChunk) throws { try write { try take(chunk, in: $0) } }

    func take(_ chunk: EventChunk, in database: Database) throws {
        var checkpoint = try Checkpoint.load(from: database)
        precondition(checkpoint.position >= chunk.after, "a file is fed without gaps")
        guard checkpoint.position < chunk.through else { return }
        let tally = try compared(chunk, from: checkpoint)
        try apply(chunk, projection, behind: checkpoint.position, in: database)
        checkpoint.position = chunk.through
        checkpoint.tally = tally
        checkpoint.record = chunk.account.checksum ?? checkpoint.record
        try checkpoint.save(in: database)
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

    /// The tally behind the events that are to be taken in, which must be those that the log has.
    private func compared(_ chunk: EventChunk, from checkpoint: Checkpoint) throws -> Tally {
        var tally = checkpoint.tally
        var taken: [Tally] = []
        taken.reserveCapacity(chunk.events.count)
        chunk.forEach(behind: checkpoint.position, of: projection.categories) { recorded in
            tally.add(recorded.record.checksum)
            taken.append(tally)
        }
        let difference = chunk.account.firstDifference(
            from: checkpoint.tally, behind: checkpoint.position, of: projection.categories, taken: taken)
        if let difference { throw DiffersFromLog(projection: projection.name, position: difference) }
        return tally
    }

    private func apply<P: Projection>(
        _ chunk: EventChunk, _ projection: P.Type, behind position: Position, in database: Database
    ) throws {
        var projection = P()
        try chunk.forEach(behind: position, of: P.categories) { recorded in
            do {
                try projection.apply(recorded, in: database)
            } catch {
                throw FailedEvent(position: recorded.record.position, cause: error)
            }
        }
        try projection.finish(in: database)
    }

    /// Makes what was built fit to be asked, and durable, and closes it. The file stands alone then.
    func finishBuilding() throws {
        try write { try Self.createIndexes(of: projection, in: $0) }
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
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
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.removeItem(atPath: path + suffix)
        }
    }
}

/// What a projection was given to take in is not what the log has: something between them dropped, doubled, swapped or altered an event.
struct DiffersFromLog: Error, CustomStringConvertible {
    let projection: String
    /// The first that differs.
    let position: Position

    var description: String {
        "What \(projection) was given differs from the log, first at position \(position); nothing of it was kept. Run daybook verify."
    }
}
