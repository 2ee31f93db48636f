import CSQLiteChecksums
package import EventStore
import Foundation
package import GRDB
import Ledger
import Synchronization

/// One read model's file, and how far it has come. Every page of the file has a checksum.
package final class ReadModel: Sendable {
    package let name: String
    package let version: Int
    package let path: String
    /// The kinds of streams whose events it takes.
    let categories: Set<Category>
    /// Everything up to this position can be queried.
    package let watermark = Watermark()
    private let pool: DatabasePool
    private let failure = Mutex<ProjectionFailure?>(nil)

    /// Opens the file of a projection's version in `directory`, creating it where it is missing.
    package init<P: Projection>(_ projection: P.Type, directory: String) throws {
        name = P.name
        version = P.version
        categories = P.categories
        path = Self.path(of: P.self, in: directory)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Self.check(csqlitechecksums_register())
        pool = try DatabasePool(path: path, configuration: Self.configuration)
        let position = try pool.write { database in
            if try !database.tableExists("checkpoint") {
                try P.createSchema(in: database)
                try Checkpoint.createSchema(in: database)
            }
            return try Checkpoint.load(from: database).position
        }
        watermark.advance(to: position.rawValue)
    }

    package static func path<P: Projection>(of projection: P.Type, in directory: String) -> String {
        "\(directory)/\(P.name)-v\(P.version).sqlite"
    }

    /// What is in the rows comes from the log, so a commit need not reach the disk at once: after a power cut the model
    /// stands at an older checkpoint and goes on from there.
    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { database in
            try check(csqlitechecksums_prepare(database.sqliteConnection))
            try database.execute(
                sql: "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY")
        }
        return configuration
    }

    private static func check(_ code: Int32) throws {
        let code = ResultCode(rawValue: code)
        guard code == .SQLITE_OK else { throw DatabaseError(resultCode: code) }
    }

    /// Reads a consistent state. Blocks the calling thread; meant for short queries.
    package func read<R>(_ body: (Database) throws -> R) throws -> R {
        try pool.read(body)
    }

    func write<R>(_ body: (Database) throws -> R) throws -> R {
        try pool.write(body)
    }

    package func checkpoint() throws -> Checkpoint {
        try read { try Checkpoint.load(from: $0) }
    }

    /// Waits until the rows are at `position` or beyond, whichever process feeds them. False after `timeout`.
    package func reached(_ position: UInt64, within timeout: Duration) async throws -> Bool {
        let end = ContinuousClock.now + timeout
        while true {
            // Told at once by a projector of this process; another one's work is looked at now and then.
            let slice = min(.milliseconds(50), max(.zero, end - .now))
            if await watermark.reached(position, within: slice) { return true }
            watermark.advance(to: try checkpoint().position.rawValue)
            if watermark.value >= position { return true }
            guard !Task.isCancelled, ContinuousClock.now < end else { return false }
        }
    }

    /// Why the model does not go on; nil while it does. It answers from what it has meanwhile.
    package var stoppedBy: ProjectionFailure? {
        get { failure.withLock { $0 } }
        set { failure.withLock { $0 = newValue } }
    }

    package var sizeOnDiskBytes: Int {
        ["", "-wal"].reduce(0) { sum, suffix in
            let size = try? FileManager.default.attributesOfItem(atPath: path + suffix)[.size] as? Int
            return sum + (size ?? 0)
        }
    }
}

/// An event on which a projection stopped.
package struct ProjectionFailure: Sendable {
    /// The last position that is in the rows; the event stands behind it.
    package let after: Position
    package let message: String
}
