import Foundation

/// Says of a data directory that its log is a copy of one that several machines append to, and whether it is sound.
///
/// Such a copy is written without waiting for the disk: it survives the end of its process, and perhaps not that of the
/// machine. While it is open the mark names the machine's present run; when it was closed and is on the disk, it says so.
/// A copy of an earlier run is thrown away, with what was computed from it, and had from Postgres again.
struct CopyMark {
    private static let settled = "on the disk"
    private static let distrusted = "to be had again"
    private let directory: String
    let path: String

    init(of directory: String) {
        self.directory = directory
        path = directory + "/copy-of-shared-log"
    }

    var isThere: Bool { FileManager.default.fileExists(atPath: path) }

    /// Whether the copy was closed, and is on the disk.
    var isSettled: Bool { (try? String(contentsOfFile: path, encoding: .utf8)) == Self.settled }

    /// Before the copy is opened to be written.
    func begin() throws(EventStoreError) {
        let run = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? UUID().uuidString
        let found = try? String(contentsOfFile: path, encoding: .utf8)
        do {
            if let found, found != run, found != Self.settled {
                for part in ["log", "index", "read"] {
                    try FileManager.default.removeItem(atPath: directory + "/" + part)
                    try FileManager.default.createDirectory(
                        atPath: directory + "/" + part, withIntermediateDirectories: true)
                }
            }
            try DurableFile.write(run, to: path)
        } catch {
            throw EventStoreError(
                .directory, "\(directory) can't be written. Check owner and permissions.", cause: error)
        }
    }

    /// When the copy is on the disk and nobody writes it any more.
    func settle() throws { try DurableFile.write(Self.settled, to: path) }

    /// Has the copy thrown away when it is opened next.
    func distrust() throws { try DurableFile.write(Self.distrusted, to: path) }

    /// The log is to be the directory's own.
    func remove() throws { try FileManager.default.removeItem(atPath: path) }
}
