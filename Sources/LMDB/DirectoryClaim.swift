import Glibc
import Synchronization

/// Keeps a directory from being opened twice in this process.
///
/// POSIX drops all of a process's locks on a file when any of its descriptors is closed, so closing one of two
/// environments would leave the other unlocked, and the next process would reset its table of readers. LMDB documents
/// the rule and does not check it. The list is process-wide because the rule is.
struct DirectoryClaim: ~Copyable {
    private struct Identity: Hashable {
        let device: dev_t
        let file: ino_t
    }

    private static let claimed = Mutex<Set<Identity>>([])
    private let identity: Identity

    init(_ directory: String) throws(LMDBError) {
        var status = stat()
        guard stat(directory, &status) == 0 else { throw LMDBError(rawValue: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .notADirectory }
        let identity = Identity(device: status.st_dev, file: status.st_ino)
        guard Self.claimed.withLock({ $0.insert(identity).inserted }) else { throw .openTwice }
        self.identity = identity
    }

    deinit {
        let identity = identity
        _ = Self.claimed.withLock { $0.remove(identity) }
    }
}
