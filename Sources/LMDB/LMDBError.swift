import CLMDB
import Glibc

/// A code that LMDB returned: one of its own, which are negative, or the system's `errno`.
package struct LMDBError: Error, RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    static func check(_ code: Int32) throws(LMDBError) {
        guard code == MDB_SUCCESS else { throw LMDBError(rawValue: code) }
    }

    /// Lets `catch LMDBError.mapFull` match among errors of any type.
    package static func ~= (pattern: LMDBError, error: any Error) -> Bool {
        (error as? LMDBError) == pattern
    }

    /// The file is none of LMDB's, or not as it was written.
    package var isDamage: Bool {
        self == .invalidFile || self == .corrupted || self == .pageNotFound || self == .versionMismatch
    }

    /// There is no room for what was to be written: `mapFull`, `noSpace` or `quotaExceeded`.
    ///
    /// Thrown inside a transaction it means that nothing was written. For a failed commit ask `CommitFailed.outcome`.
    package var isDiskFull: Bool {
        self == .mapFull || self == .noSpace || self == .quotaExceeded
    }
}

/// LMDB's own codes.
extension LMDBError {
    package static let keyExists = LMDBError(rawValue: MDB_KEYEXIST)
    package static let notFound = LMDBError(rawValue: MDB_NOTFOUND)
    package static let pageNotFound = LMDBError(rawValue: MDB_PAGE_NOTFOUND)
    package static let corrupted = LMDBError(rawValue: MDB_CORRUPTED)
    package static let panic = LMDBError(rawValue: MDB_PANIC)
    package static let versionMismatch = LMDBError(rawValue: MDB_VERSION_MISMATCH)
    package static let invalidFile = LMDBError(rawValue: MDB_INVALID)
    package static let mapFull = LMDBError(rawValue: MDB_MAP_FULL)
    package static let databasesFull = LMDBError(rawValue: MDB_DBS_FULL)
    package static let readersFull = LMDBError(rawValue: MDB_READERS_FULL)
    package static let threadKeysFull = LMDBError(rawValue: MDB_TLS_FULL)
    package static let transactionFull = LMDBError(rawValue: MDB_TXN_FULL)
    package static let cursorFull = LMDBError(rawValue: MDB_CURSOR_FULL)
    package static let pageFull = LMDBError(rawValue: MDB_PAGE_FULL)
    package static let mapResized = LMDBError(rawValue: MDB_MAP_RESIZED)
    package static let incompatible = LMDBError(rawValue: MDB_INCOMPATIBLE)
    package static let badReaderSlot = LMDBError(rawValue: MDB_BAD_RSLOT)
    package static let badTransaction = LMDBError(rawValue: MDB_BAD_TXN)
    package static let badValueSize = LMDBError(rawValue: MDB_BAD_VALSIZE)
    package static let badDatabase = LMDBError(rawValue: MDB_BAD_DBI)
}

/// The system's codes that LMDB passes on.
extension LMDBError {
    package static let accessDenied = LMDBError(rawValue: EACCES)
    package static let inputOutput = LMDBError(rawValue: EIO)
    package static let invalidArgument = LMDBError(rawValue: EINVAL)
    package static let noSpace = LMDBError(rawValue: ENOSPC)
    package static let noSuchFile = LMDBError(rawValue: ENOENT)
    package static let notADirectory = LMDBError(rawValue: ENOTDIR)
    package static let openTwice = LMDBError(rawValue: EBUSY)
    package static let outOfMemory = LMDBError(rawValue: ENOMEM)
    package static let quotaExceeded = LMDBError(rawValue: EDQUOT)
    package static let readOnlyFileSystem = LMDBError(rawValue: EROFS)
    package static let temporarilyUnavailable = LMDBError(rawValue: EAGAIN)
}

extension LMDBError: CustomStringConvertible {
    package var description: String {
        if let (name, meaning) = Self.meanings[self] { return "\(name) (\(rawValue)): \(meaning)" }
        // Safe to share: LMDB's texts are constants, and so are the C library's for codes it knows.
        return "LMDB code \(rawValue): \(String(cString: mdb_strerror(rawValue)))"
    }

    private static let meanings: [LMDBError: (name: String, meaning: String)] = [
        .keyExists: ("MDB_KEYEXIST", "the key is there already, or does not follow the last one"),
        .notFound: ("MDB_NOTFOUND", "there is no such key or database"),
        .pageNotFound: ("MDB_PAGE_NOTFOUND", "a page is missing; the file is damaged"),
        .corrupted: ("MDB_CORRUPTED", "a page is of the wrong kind; the file is damaged"),
        .panic: ("MDB_PANIC", "an earlier commit could not write its meta page; reopen the environment"),
        .versionMismatch: ("MDB_VERSION_MISMATCH", "another version of LMDB wrote the file"),
        .invalidFile: ("MDB_INVALID", "this is not an LMDB file"),
        .mapFull: ("MDB_MAP_FULL", "the file has reached its map size; reopen with a larger one"),
        .databasesFull: ("MDB_DBS_FULL", "no more named databases can be opened; raise databasesMax"),
        .readersFull: ("MDB_READERS_FULL", "no more read transactions can begin; raise readersMax"),
        .threadKeysFull: ("MDB_TLS_FULL", "no more keys for thread-local storage"),
        .transactionFull: ("MDB_TXN_FULL", "the transaction has changed too many pages; write less at once"),
        .cursorFull: ("MDB_CURSOR_FULL", "the tree is too deep; the file is damaged"),
        .pageFull: ("MDB_PAGE_FULL", "a page has no room where it should; the file is damaged"),
        .mapResized: ("MDB_MAP_RESIZED", "another process has grown the file past this map; reopen"),
        .incompatible: ("MDB_INCOMPATIBLE", "the database was created with another form of key"),
        .badReaderSlot: ("MDB_BAD_RSLOT", "the slot of a read transaction is used twice"),
        .badTransaction: ("MDB_BAD_TXN", "the transaction has failed before and can only be aborted"),
        .badValueSize: ("MDB_BAD_VALSIZE", "the key or value is empty or too long"),
        .badDatabase: ("MDB_BAD_DBI", "the database was opened after the transaction began"),
        .accessDenied: ("EACCES", "permission denied, or the environment is read-only"),
        .inputOutput: ("EIO", "reading or writing failed, or a write was cut short"),
        .invalidArgument: ("EINVAL", "the call is not allowed in this state"),
        .noSpace: ("ENOSPC", "no space is left on the disk"),
        .noSuchFile: ("ENOENT", "there is no such file or directory"),
        .notADirectory: ("ENOTDIR", "this is not a directory"),
        .openTwice: ("EBUSY", "this process has the directory open already; share the environment"),
        .outOfMemory: ("ENOMEM", "memory or address space is exhausted; lower mapSizeBytes"),
        .quotaExceeded: ("EDQUOT", "the disk quota is used up"),
        .readOnlyFileSystem: ("EROFS", "the file system is read-only"),
        .temporarilyUnavailable: ("EAGAIN", "a lock is held by another process"),
    ]
}
