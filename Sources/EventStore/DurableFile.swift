import Foundation

/// A small file that says one thing.
package enum DurableFile {
    /// Writes the text in place of what was there. It is on the disk when this returns; a crash meanwhile leaves what was there,
    /// or this.
    package static func write(_ text: String, to path: String) throws {
        let new = path + ".new"
        // Foundation would make a third file, and leave it where it is killed.
        let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw POSIXError.last(new) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: Data(text.utf8))
        try file.synchronize()
        try file.close()
        try move(new, to: path)
    }

    /// Gives a file on the disk another name in its directory, in place of what had it. Durable when this returns.
    package static func move(_ path: String, to new: String) throws {
        guard rename(path, new) == 0 else { throw POSIXError.last(new) }
        try synchronizeDirectory(of: new)
    }

    /// Makes durable which name the file or directory has.
    static func synchronizeDirectory(of path: String) throws {
        let directory = open(URL(filePath: path).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw POSIXError.last(path) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw POSIXError.last(path) }
    }
}

extension POSIXError {
    /// What the last call on a file failed with.
    fileprivate static func last(_ path: String) -> POSIXError {
        POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO, userInfo: [NSFilePathErrorKey: path])
    }
}
