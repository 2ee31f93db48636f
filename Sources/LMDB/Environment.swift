import CLMDB
import Glibc
import Synchronization

/// One LMDB environment: a directory with `data.mdb` and `lock.mdb`, mapped into memory.
///
/// Any number of threads read at once, each seeing the state at the moment its transaction began. One thread of one
/// process writes at a time; a second writer waits for the first. Readers never wait for writers nor writers for
/// readers. A commit is durable when `write` returns, unless `Options.syncs` is
/// false: `MDB_WRITEMAP` and `MDB_NOMETASYNC` are never set.
///
/// Sendable because LMDB guards its environment handle itself; what LMDB leaves to its caller, opening databases, is
/// guarded by `opening`.
package final class Environment: @unchecked Sendable {
    package struct Options: Sendable {
        /// The most that the file may grow to. It costs address space only, neither memory nor disk.
        ///
        /// 256 GiB holds more than a thousand million records of 200 bytes, and still maps where the address space is
        /// 39 bits wide, or where the thread sanitizer leaves 1.5 TiB for all mappings. A file that is already larger
        /// is mapped whole. Raise it at the next opening; nothing is rewritten.
        package var mapSizeBytes = 256 << 30

        /// How many named databases can be opened.
        package var databasesMax = 16

        /// How many read transactions can exist at once, over all processes. The first process to open decides.
        package var readersMax = 512

        /// Refuses writing, with `accessDenied`. The files must exist already.
        package var readOnly = false

        /// Whether a commit is durable when `write` returns. Where not, it survives the end of the process, but the file may be
        /// of no use after the machine's; `sync` makes durable what was written.
        package var syncs = true

        /// Turns the kernel's read-ahead off (`MDB_NORDAHEAD`): for random reads in a file larger than memory.
        package var readsAhead = true

        package init() {}
    }

    package let directory: String
    let handle: OpaquePointer
    private let claim: DirectoryClaim
    private let opening = Mutex(())

    /// Opens the environment in a directory, which must exist; LMDB's two files are created where they are missing.
    ///
    /// LMDB forbids opening a directory twice in one process, because closing either one would drop the locks of both.
    /// That is refused with `openTwice`: share the `Environment`. Other processes may open it too, on local disks only.
    package init(directory: String, options: Options = Options()) throws(LMDBError) {
        self.directory = directory
        claim = try DirectoryClaim(directory)
        if !options.readOnly { try Self.makeFile(in: directory) }
        try Self.checkPageSize(in: directory)
        try Self.reserveReaders(directory, options)
        handle = try Self.open(directory, options)
        // A page which the file no longer has would end the process with SIGBUS when it is read.
        let size = try sizeOnDiskBytes
        guard try size >= pagesUsedBytes else { throw .corrupted }
    }

    /// Closes. Every transaction is over by then, for each holds the environment while it lasts.
    deinit {
        mdb_env_close(handle)
    }

    /// Takes the room of the table of readers from the disk. LMDB makes a file with holes and writes into its mapping: on
    /// a full disk that ends the process with SIGBUS.
    ///
    /// Before LMDB opens the file, for closing it here would drop the locks which LMDB holds on it.
    private static func reserveReaders(_ directory: String, _ options: Options) throws(LMDBError) {
        let path = directory + "/lock.mdb"
        let file = Glibc.open(path, options.readOnly ? O_RDWR | O_CLOEXEC : O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        // Whoever may not write there is told so by LMDB, which knows when it needs to.
        guard file >= 0 else { return }
        defer { close(file) }
        let headBytes = 128
        let slotBytes = 64
        let code = posix_fallocate(file, 0, off_t(headBytes + options.readersMax * slotBytes))
        guard code != ENOSPC, code != EDQUOT else { throw LMDBError(rawValue: code) }
    }

    /// Makes the file of an environment that has none, beside its place: whole or not at all. Where the disk is full LMDB
    /// leaves the beginning of a file, which can't be opened when there is room again.
    private static func makeFile(in directory: String) throws(LMDBError) {
        let file = directory + "/data.mdb"
        guard access(file, F_OK) != 0 else { return }
        let making = directory + "/making"
        func discard() {
            unlink(making + "/data.mdb")
            rmdir(making)
        }
        discard()  // What a process left that ended here.
        guard mkdir(making, 0o700) == 0 else {
            guard errno != ENOSPC, errno != EDQUOT else { throw LMDBError(rawValue: errno) }
            return  // Whoever may not write there is told so by LMDB.
        }
        defer { discard() }
        // Nobody else can know of it: without the table of readers, which would need room, too.
        let handle = try open(making, Options(), flags: MDB_NOLOCK)
        defer { mdb_env_close(handle) }
        try LMDBError.check(mdb_env_sync(handle, 1))
        guard rename(making + "/data.mdb", file) == 0 else { throw LMDBError(rawValue: errno) }
    }

    /// Both meta pages must be of one page size: LMDB takes the newer one's word for it, and reads beyond the end of the file
    /// where that is damaged, which ends the process.
    ///
    /// The format of LMDB 0.9 (mdb.c): a page begins with 16 bytes of head; the size is the fourth field of `MDB_meta`, 24
    /// bytes in it, as the padding of the first database.
    private static func checkPageSize(in directory: String) throws(LMDBError) {
        let file = Glibc.open(directory + "/data.mdb", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return }  // LMDB says why.
        defer { close(file) }
        func pageSize(at page: UInt32) -> UInt32? {
            var size: UInt32 = 0
            return pread(file, &size, 4, off_t(page) + 40) == 4 ? size : nil
        }
        // LMDB itself refuses a file whose first page says nothing sensible, or which ends before the second.
        guard let first = pageSize(at: 0), first.nonzeroBitCount == 1, let second = pageSize(at: first) else { return }
        guard second == first else { throw .corrupted }
    }

    private static func open(
        _ directory: String, _ options: Options, flags: Int32 = 0
    ) throws(LMDBError) -> OpaquePointer {
        var created: OpaquePointer?
        try LMDBError.check(mdb_env_create(&created))
        guard let handle = created else { throw .outOfMemory }
        do {
            try LMDBError.check(mdb_env_set_mapsize(handle, options.mapSizeBytes))
            try LMDBError.check(mdb_env_set_maxdbs(handle, UInt32(options.databasesMax)))
            try LMDBError.check(mdb_env_set_maxreaders(handle, UInt32(options.readersMax)))
            try LMDBError.check(mdb_env_open(handle, directory, UInt32(options.flags | flags), 0o600))
        } catch {
            mdb_env_close(handle)  // Required after a failed open too.
            throw error
        }
        return handle
    }
}

extension Environment.Options {
    /// `MDB_NOTLS` ties a reader's slot to its transaction instead of its thread, so that a transaction may outlive a
    /// hop between threads and one thread may hold several.
    fileprivate var flags: Int32 {
        MDB_NOTLS | (readOnly ? MDB_RDONLY : 0) | (readsAhead ? 0 : MDB_NORDAHEAD) | (syncs ? 0 : MDB_NOSYNC)
    }
}

extension Environment {
    /// Opens a named database, which stays open as long as the environment; opening it again gives the same one.
    ///
    /// Not inside `read` or `write`: a transaction does not see databases opened after it began, and with `.create`
    /// this begins a write transaction of its own and would wait for ever. Without `.create` a missing database is
    /// `notFound`. A database that was created with another form of key is `incompatible`.
    package func database(
        named name: String, options: Database.Options = []
    ) throws(LMDBError) -> Database {
        try opening.withLock { (_) throws(LMDBError) in
            var transaction: OpaquePointer?
            let access = options.contains(.create) ? 0 : UInt32(MDB_RDONLY)
            try LMDBError.check(mdb_txn_begin(handle, nil, access, &transaction))
            do throws(LMDBError) {
                let database = try Self.open(name, options, in: transaction)
                let opened = transaction
                transaction = nil  // Freed by the commit, even when that fails.
                try LMDBError.check(mdb_txn_commit(opened))
                return database
            } catch {
                if let transaction { mdb_txn_abort(transaction) }
                throw error
            }
        }
    }

    private static func open(
        _ name: String, _ options: Database.Options, in transaction: OpaquePointer?
    ) throws(LMDBError) -> Database {
        var database: MDB_dbi = 0
        try LMDBError.check(mdb_dbi_open(transaction, name, options.flags, &database))
        var flags: UInt32 = 0
        try LMDBError.check(mdb_dbi_flags(transaction, database, &flags))
        // LMDB ignores the flags given for a database that exists.
        let hasIntegerKeys = flags & UInt32(MDB_INTEGERKEY) != 0
        guard hasIntegerKeys == options.contains(.integerKey) else { throw .incompatible }
        return Database(name: name, hasIntegerKeys: hasIntegerKeys, handle: database)
    }
}

extension Environment {
    /// Makes durable what was written, where `Options.syncs` is false.
    package func sync() throws(LMDBError) { try LMDBError.check(mdb_env_sync(handle, 1)) }

    /// Reads a snapshot: the state as of now, whatever is written meanwhile.
    ///
    /// Keep it short. While it lasts, LMDB cannot reuse the pages that writers free, and the file grows.
    /// Throws what `body` throws, or an `LMDBError`.
    @discardableResult
    package func read<R>(_ body: (borrowing ReadTransaction) throws -> R) throws -> R {
        let transaction = try ReadTransaction(beginningIn: self)
        return try body(transaction)
    }

    /// Writes, all or nothing, and returns when it is durable.
    ///
    /// Waits for the writer before it, in this process or another. Calling it inside itself waits for ever.
    /// - Throws: An `LMDBError` when beginning fails, whatever `body` throws, or `CommitFailed`. In the first two cases
    ///   nothing is written and the environment is sound.
    @discardableResult
    package func write<R>(_ body: (borrowing WriteTransaction) throws -> R) throws -> R {
        let transaction = try WriteTransaction(beginningIn: self)
        let result = try body(transaction)
        do {
            try transaction.commit()
        } catch {
            throw CommitFailed(cause: error, outcome: outcome(ofCommitFailingWith: error))
        }
        return result
    }
}
