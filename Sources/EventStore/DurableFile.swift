import Foundation

/// A small file that says one thing.
enum DurableFile {
    /// Writes the text in place of what was there. It is on the disk when this returns; a crash meanwhile may leave the file
    /// empty.
    static func write(_ text: String, to path: String) throws {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: Data(text.utf8))
        try file.synchronize()
        try file.close()
    }
}
