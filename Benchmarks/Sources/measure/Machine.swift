import Foundation

/// Where and with what the figures were had.
struct Machine {
    let lines: [String]

    init(_ bench: Bench) throws {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let memory = Double(ProcessInfo.processInfo.physicalMemory) / Double(1 << 30)
        let model = Self.field("model name", in: "/proc/cpuinfo") ?? "unknown processor"
        let kernel = try String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let swift = try Program(path: "/usr/bin/env").text(["swift", "--version"]).split(separator: "\n")
            .first { $0.contains("Swift version") }
        let lmdb = try bench.limit.run(["version"]).fields["lmdb"] as? String
        lines = [
            "\(cores) cores (\(model)), \(String(format: "%.0f", memory)) GiB, kernel \(kernel), data on "
                + Self.fileSystem(of: bench.directory),
            "\(swift ?? "unknown Swift"); \(lmdb ?? "unknown LMDB")",
            ISO8601DateFormatter().string(from: Date()),
        ]
    }

    private static func field(_ name: String, in path: String) -> String? {
        let text = try? String(contentsOfFile: path, encoding: .utf8)
        return text?.split(separator: "\n").first { $0.hasPrefix(name) }?.split(separator: ":").last
            .map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// Of the mount whose path is the longest that leads there.
    private static func fileSystem(of directory: String) -> String {
        let path = URL(filePath: directory).standardizedFileURL.path + "/"
        let mounts = (try? String(contentsOfFile: "/proc/mounts", encoding: .utf8)) ?? ""
        var longest = (path: "", type: "an unknown file system")
        for mount in mounts.split(separator: "\n") {
            let fields = mount.split(separator: " ").map(String.init)
            guard fields.count > 2, fields[1].count > longest.path.count else { continue }
            guard fields[1] == "/" || path.hasPrefix(fields[1] + "/") else { continue }
            longest = (fields[1], fields[2])
        }
        return longest.type
    }
}
