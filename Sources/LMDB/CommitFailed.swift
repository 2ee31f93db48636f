import CLMDB
import Glibc

/// A commit that did not succeed, as distinct from an error thrown inside the transaction.
package struct CommitFailed: Error, CustomStringConvertible {
    package enum Outcome: Sendable {
        /// There was no room. Nothing of the transaction is visible, now or after reopening, and the environment is
        /// sound: reading goes on, and writing succeeds again when there is room.
        case diskFull

        /// Whether the transaction is durable cannot be known before reopening. Acknowledge nothing and stop writing:
        /// after a failed fsync a retry may succeed without the first bytes ever reaching the disk.
        case unknown
    }

    package let cause: LMDBError
    package let outcome: Outcome

    package init(cause: LMDBError, outcome: Outcome) {
        self.cause = cause
        self.outcome = outcome
    }

    package var description: String {
        switch outcome {
        case .diskFull: "The commit found no room and changed nothing. \(cause)"
        case .unknown: "The commit failed, and its outcome is unknown until the files are reopened. \(cause)"
        }
    }
}

extension Environment {
    /// Tells a full disk, which a writer survives, from everything else, which it does not.
    ///
    /// A commit writes data pages, syncs them, and then writes the meta page that makes them visible. A full disk
    /// stops it at the first step. `ENOSPC` and `EDQUOT` say so, but a batch of several pages is mostly cut short,
    /// which LMDB reports as `EIO`, the code of a failed fsync: only a disk that has no room left now is taken for a
    /// full one. A meta page that was not written leaves the environment in `panic`, so it is asked too.
    func outcome(ofCommitFailingWith error: LMDBError) -> CommitFailed.Outcome {
        if error == .mapFull { return .diskFull }
        guard error.isDiskFull || error == .inputOutput,
            let transaction = try? WriteTransaction(beginningIn: self)
        else { return .unknown }
        let isDiskFull = error.isDiskFull || !hasRoom
        _ = consume transaction  // Held until here, so that no other process writes meanwhile.
        return isDiskFull ? .diskFull : .unknown
    }

    /// Whether the data file could grow by what LMDB writes in one call (64 pages).
    ///
    /// Reserves that much behind its end, which the next commits fill; LMDB never looks behind its last page. Where the
    /// file system cannot tell, the answer is yes, so that the doubt falls on the safe side.
    private var hasRoom: Bool {
        guard let file = try? dataFile(), let size = try? sizeOnDiskBytes else { return true }
        let code = posix_fallocate(file, off_t(size), 256 << 10)
        return code != ENOSPC && code != EDQUOT
    }
}
