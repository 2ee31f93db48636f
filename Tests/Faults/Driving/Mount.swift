import Foundation

/// A file system of its own, taken away with its value.
final class Mount {
    static var unavailable: String? {
        guard geteuid() == 0 else { return "not root, who alone may mount file systems and be another user" }
        return nil
    }

    private let place: String

    init(_ words: [String], at place: String) throws {
        self.place = place
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try Tool.run(["mount"] + words + [place])
    }

    deinit {
        // Lazily where something is still open: a mount must not outlive its run.
        if (try? Tool.run(["umount", place])) == nil { _ = try? Tool.run(["umount", "-l", place]) }
    }
}

/// Programs of the system.
enum Tool {
    /// The run could not be set up: this says nothing of the program.
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    @discardableResult
    static func run(_ words: [String]) throws -> String {
        let errors = NSTemporaryDirectory() + "/faults-\(UUID().uuidString).err"
        defer { try? FileManager.default.removeItem(atPath: errors) }
        let child = try Spawned(words, directory: "/", errorsPath: errors)
        guard child.ends(within: 60) == .exited(0) else {
            child.destroy()
            throw Failed(
                description:
                    "\(words.joined(separator: " ")): \(child.end.map(\.description) ?? "hangs"). \(child.errors)")
        }
        return child.output
    }
}
