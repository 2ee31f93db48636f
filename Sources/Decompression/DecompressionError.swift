import Glibc

/// Why input cannot be read, naming the file and what to do.
package struct DecompressionError: Error, CustomStringConvertible {
    package enum Code: String, Sendable {
        case notFound = "not_found"
        case isDirectory = "is_directory"
        case permissionDenied = "permission_denied"
        case unreadable
        case truncated
        case corrupt
        case unsupported
        case memoryLimit = "memory_limit"
        case outOfMemory = "out_of_memory"
    }

    package let code: Code
    package let message: String

    /// The system's `errno`, or what zlib or liblzma returned.
    package let cause: Int32

    package var description: String { message }
}

extension DecompressionError {
    static func cannotOpen(_ path: String, _ cause: Int32) -> DecompressionError {
        let (code, message): (Code, String) =
            switch cause {
            case ENOENT: (.notFound, "\(path): there is no such file. Check the path.")
            case EISDIR: (.isDirectory, "\(path) is a directory. Name a file in it, or - for standard input.")
            case EACCES, EPERM: (.permissionDenied, "\(path): permission denied. Make it readable for this user.")
            default: (.unreadable, "\(path) cannot be opened: \(String(cString: strerror(cause))).")
            }
        return DecompressionError(code: code, message: message, cause: cause)
    }

    static func cannotRead(_ name: String, _ cause: Int32) -> DecompressionError {
        let message = "\(name) cannot be read: \(String(cString: strerror(cause))). Check the disk and try again."
        return DecompressionError(code: .unreadable, message: message, cause: cause)
    }

    static func truncated(_ name: String, _ cause: Int32) -> DecompressionError {
        let message = "\(name) ends in the middle of its compressed data. Copy or download it again, in full."
        return DecompressionError(code: .truncated, message: message, cause: cause)
    }

    static func corrupt(_ name: String, _ cause: Int32, _ detail: String?) -> DecompressionError {
        let detail = detail.map { " (\($0))" } ?? ""
        let message = "The compressed data of \(name) is damaged\(detail). Copy or download it again."
        return DecompressionError(code: .corrupt, message: message, cause: cause)
    }

    static func unsupported(_ name: String, _ cause: Int32) -> DecompressionError {
        let message = "\(name) uses options of .xz that are not supported. Compress it again with plain xz or gzip."
        return DecompressionError(code: .unsupported, message: message, cause: cause)
    }

    static func memoryLimit(
        _ name: String, _ cause: Int32, _ needed: UInt64, _ limit: Int
    ) -> DecompressionError {
        let message = """
            \(name) needs \(needed >> 20) MiB of memory to decompress, and \(limit >> 20) MiB are allowed. \
            Compress it again with xz -9 or lower.
            """
        return DecompressionError(code: .memoryLimit, message: message, cause: cause)
    }

    static func outOfMemory(_ name: String, _ cause: Int32) -> DecompressionError {
        let message = "There is not enough memory to decompress \(name). Decompress it beforehand and try again."
        return DecompressionError(code: .outOfMemory, message: message, cause: cause)
    }
}
