import Foundation

/// Holds a data directory for one process. Given back when the process ends, however it ends.
final class DataDirectoryLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `EventStoreError.directory` where another process has it, naming that process.
    init(directory: String) throws(EventStoreError) {
        let path = directory + "/lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw EventStoreError(
                .directory,
                "\(path) can't be written: \(String(cString: strerror(errno))). Check the directory's owner and permissions."
            )
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            close(descriptor)
            throw EventStoreError(
                .directory,
                "Another process (\(holder.isEmpty ? "unknown" : holder)) writes to the data directory \(directory). Stop it first, or use another directory."
            )
        }
        let holder = Array("process \(getpid())".utf8)
        ftruncate(descriptor, 0)
        _ = pwrite(descriptor, holder, holder.count, 0)  // Only for the message above: a failure costs its words.
    }

    deinit {
        close(descriptor)
    }
}
