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
        let mounts = ((try? String(contentsOfFile: "/proc/mounts", encoding: .utf8)) ?? "").split(separator: "\n")
            .map { $0.split(separator: " ") }
            .filter { $0.count > 2 && path.hasPrefix($0[1] == "/" ? "/" : $0[1] + "/") }
        return mounts.max { $0[1].count < $1[1].count }.map { String($0[2]) } ?? "an unknown file system"
    }
}
