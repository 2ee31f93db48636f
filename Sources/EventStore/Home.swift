import Foundation
import Ledger

/// The name of a data directory that it alone has, unless it was copied: by this the leader of a copy is known again.
struct Home {
    private let path: String

    init(of directory: String) { path = directory + "/home" }

    /// The name; given at the first time, and on the disk when this returns.
    func name() throws(EventStoreError) -> String {
        if let known = try? String(contentsOfFile: path, encoding: .utf8), !known.isEmpty { return known }
        let name = ULID.make()
        do {
            try FileManager.default.createDirectory(
                at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            try DurableFile.write(name, to: path)
        } catch {
            throw EventStoreError(.directory, "\(path) can't be written. Check owner and permissions.", cause: error)
        }
        return name
    }
}
