import Foundation

/// The files of the index's directory, and no more than the index does with them: so that a test can take the disk's
/// place and fail, lose or tear what was written.
protocol IndexFiles: Sendable {
    /// Where they are, for people.
    var place: String { get }
    /// The whole file, as it was when it was opened; nil where there is none. It stays readable when it is removed.
    func open(_ name: String) throws(FileError) -> FileBytes?
    /// A new file in place of any there was. What is written is durable after `finish` alone.
    func create(_ name: String) throws(FileError) -> any IndexFileWriter
    /// Gives a file these bytes, all or none of them, durably.
    func replace(_ name: String, with bytes: [UInt8]) throws(FileError)
    /// As `replace`, but not durable and perhaps torn: for what carries a checksum and can be done without.
    func replaceLoosely(_ name: String, with bytes: [UInt8]) throws(FileError)
    func remove(_ name: String) throws(FileError)
    func names() throws(FileError) -> [String]
}

protocol IndexFileWriter {
    func write(_ bytes: [UInt8], at offset: Int) throws(FileError)
    /// Durable when it returns, the file's name too.
    func finish() throws(FileError)
}

/// The bytes of a file, mapped or copied. Sendable because nobody changes them.
final class FileBytes: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
    private let release: (UnsafeRawBufferPointer) -> Void

    init(_ bytes: UnsafeRawBufferPointer, release: @escaping (UnsafeRawBufferPointer) -> Void) {
        self.bytes = bytes
        self.release = release
    }

    convenience init(copying source: [UInt8]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, source.count), alignment: 16)
        copy.copyBytes(from: source)
        self.init(UnsafeRawBufferPointer(rebasing: copy[..<source.count])) { _ in copy.deallocate() }
    }

    deinit { release(bytes) }
}

/// A system call on a file of the index that failed.
struct FileError: Error, CustomStringConvertible {
    let path: String
    let call: String
    let code: Int32

    var isDiskFull: Bool { code == ENOSPC || code == EDQUOT }

    var description: String { "\(call) of \(path) failed: \(String(cString: strerror(code)))" }
}

/// Files of a real directory.
struct DirectoryFiles: IndexFiles {
    let directory: String
    var place: String { directory }

    func open(_ name: String) throws(FileError) -> FileBytes? {
        let descriptor = Glibc.open(path(name), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("open", name)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("fstat", name) }
        let size = Int(status.st_size)
        guard size > 0 else { return FileBytes(copying: []) }
        guard let start = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0), start != MAP_FAILED else {
            throw failure("mmap", name)
        }
        return FileBytes(UnsafeRawBufferPointer(start: start, count: size)) { bytes in
            munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
        }
    }

    func create(_ name: String) throws(FileError) -> any IndexFileWriter {
        let descriptor = Glibc.open(path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("open", name) }
        return DescriptorWriter(descriptor: descriptor, path: path(name), directory: directory)
    }

    func replace(_ name: String, with bytes: [UInt8]) throws(FileError) {
        let new = try create(name + ".new")
        try new.write(bytes, at: 0)
        try new.finish()
        guard rename(path(name + ".new"), path(name)) == 0 else { throw failure("rename", name) }
        try DescriptorWriter.sync(directory: directory)
    }

    func replaceLoosely(_ name: String, with bytes: [UInt8]) throws(FileError) {
        try create(name + ".new").write(bytes, at: 0)
        guard rename(path(name + ".new"), path(name)) == 0 else { throw failure("rename", name) }
    }

    func remove(_ name: String) throws(FileError) {
        guard unlink(path(name)) == 0 || errno == ENOENT else { throw failure("unlink", name) }
    }

    func names() throws(FileError) -> [String] {
        guard let stream = opendir(directory) else { throw failure("opendir", "") }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private func path(_ name: String) -> String { directory + "/" + name }

    private func failure(_ call: String, _ name: String) -> FileError {
        FileError(path: path(name), call: call, code: errno)
    }
}

private final class DescriptorWriter: IndexFileWriter {
    private let descriptor: Int32
    private let path: String
    private let directory: String
    private var unsyncedBytes = 0

    init(descriptor: Int32, path: String, directory: String) {
        self.descriptor = descriptor
        self.path = path
        self.directory = directory
    }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
        var done = 0
        while done < bytes.count {
            let written = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress! + done, bytes.count - done, off_t(offset + done))
            }
            guard written > 0 else {
                if errno == EINTR { continue }
                throw FileError(path: path, call: "pwrite", code: errno)
            }
            done += written
        }
        // To the disk in parts: one large write at the end would hold up the log's own.
        unsyncedBytes += bytes.count
        if unsyncedBytes >= 512 << 10 { try sync() }
    }

    func finish() throws(FileError) {
        try sync()
        try Self.sync(directory: directory)
    }

    private func sync() throws(FileError) {
        guard fdatasync(descriptor) == 0 else { throw FileError(path: path, call: "fdatasync", code: errno) }
        unsyncedBytes = 0
    }

    static func sync(directory: String) throws(FileError) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: directory, call: "open", code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError(path: directory, call: "fsync", code: errno) }
    }
}
