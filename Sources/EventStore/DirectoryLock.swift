import Foundation

/// Holds a directory for one process. Given back with the value, or when the process ends, however it ends.
package final class DirectoryLock: Sendable {
    private let descriptor: Int32

    /// - Parameter use: what the process does with the directory: "writes to the data directory".
    /// - Parameter waits: until no other process has it, however long that takes.
    /// - Throws: `EventStoreError.directory` where another process has it, naming that process.
    package init(directory: String, use: String, waits: Bool = false) throws(EventStoreError) {
        let path = directory + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw EventStoreError(
                .directory,
                "\(path) can't be written: \(String(cString: strerror(errno))). Check the directory's owner and permissions."
            )
        }
        guard flock(descriptor, waits ? LOCK_EX : LOCK_EX | LOCK_NB) == 0 else {
            let holder = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            close(descriptor)
            throw EventStoreError(
                .directory,
                "Another process (\(holder.isEmpty ? "unknown" : holder)) \(use) \(directory). Stop it first, or use another directory."
            )
        }
        // Last, for a class whose properties are all set runs its deinit when its init throws.
        self.descriptor = descriptor
        let holder = Array("process \(getpid())".utf8)
        ftruncate(descriptor, 0)
        _ = pwrite(descriptor, holder, holder.count, 0)  // Only for the message above: a failure costs its words.
    }

    deinit {
        flock(descriptor, LOCK_UN)  // A child process being started has the descriptor too until it runs its program.
        close(descriptor)
    }
}
