import Glibc

/// An open file, or standard input, which stays open.
final class InputFile {
    let name: String
    let size: Int?
    private(set) var bytesRead = 0
    private let descriptor: Int32
    private let isStandardInput: Bool

    init(_ path: String) throws(DecompressionError) {
        isStandardInput = path == DecompressingReader.standardInput
        name = isStandardInput ? "standard input" : path
        descriptor = isStandardInput ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotOpen(path, errno) }
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        size = isKnown && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
        if isKnown && status.st_mode & S_IFMT == S_IFDIR {
            throw .cannotOpen(name, EISDIR)  // The deinit closes.
        }
    }

    deinit {
        if !isStandardInput { close(descriptor) }
    }

    /// Reads what is there, at least one byte unless the file has ended, and returns how many.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DecompressionError) -> Int {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .cannotRead(name, errno) }
            bytesRead += count
            return count
        }
    }
}
