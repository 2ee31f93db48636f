import Foundation

/// What a process holds in memory, as Linux counts it.
struct ProcessMemory: Encodable {
    /// Its own: heap and stacks. Not the mapped pages of log and index, which the kernel takes back at need.
    let anonymousBytes: Int
    let residentBytes: Int

    /// - Parameter process: its id; this one where none is named.
    /// - Throws: `Failure` where there is no such process.
    init(of process: Int32? = nil) throws {
        let path = "/proc/\(process.map(String.init) ?? "self")/status"
        guard let status = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Failure(.check, "\(path) can't be read: the process has ended.")
        }
        anonymousBytes = Self.bytes("RssAnon:", in: status)
        residentBytes = Self.bytes("VmRSS:", in: status)
    }

    /// `RssAnon:      1234 kB`
    static func bytes(_ name: String, in status: String) -> Int {
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
        return (line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) } ?? 0)
            * 1_024
    }
}
