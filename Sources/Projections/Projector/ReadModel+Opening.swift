import EventStore
import Foundation
import GRDB
import Logging

extension ReadModel {
    /// Opens a projection's file; a damaged one is made anew where `logger` is given, which is told.
    ///
    /// - Throws: `EventStoreError.directory` where it can't be opened.
    static func open(
        _ projection: any Projection.Type, _ directory: String, repairing logger: Logger?
    ) throws -> ReadModel {
        do {
            do {
                return try ReadModel(projection, directory: directory)
            } catch let error as DatabaseError {
                guard let logger, error.isDamage else { throw error }
                logger.warning(
                    "a read model is damaged and is made anew",
                    metadata: ["projection": "\(projection.name)", "error": "\(error)"])
                try LiveFiles(of: projection, in: directory).removeAll()
                return try ReadModel(projection, directory: directory)
            }
        } catch let error as DatabaseError {
            throw EventStoreError(
                .directory,
                "The read model \(projection.name) in \(directory) can't be opened. Check its owner and permissions; where it is damaged, run daybook rebuild \(projection.name).",
                cause: error)
        }
    }
}

extension ReadModelFile {
    /// Compares the record at the checkpoint with the log's.
    ///
    /// - Throws: `EventStoreError.directory` where the log is not the one which the rows came from.
    func demandBelonging(to log: EventLog) throws {
        let checkpoint = try checkpoint()
        guard checkpoint.position != .start else { return }
        // After the checkpoint was read: another process may append.
        let head = try log.refreshHead()
        guard try log.record(at: checkpoint.position)?.checksum != checkpoint.record else { return }
        throw EventStoreError(
            .directory,
            "The read model \(path) stands at position \(checkpoint.position) of another log than this one, which ends at \(head). Put the right log back. Where this log is the right one, run daybook rebuild \(projection.name)."
        )
    }
}

extension DatabaseError {
    /// A page does not match its checksum: SQLITE_IOERR_DATA.
    private static let pageDamaged = ResultCode(rawValue: 10 | 32 << 8)

    /// Whether the file is not what was written, as distinct from one that can't be reached.
    fileprivate var isDamage: Bool {
        switch resultCode {
        // An error in SQL that was right yesterday: a table or a column is not there.
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR: true
        case .SQLITE_IOERR: [.SQLITE_IOERR_SHORT_READ, Self.pageDamaged].contains(extendedResultCode)
        default: false
        }
    }
}
