import EventStore
import Foundation

/// Which events a projection passes by, and who decided it: `parked/NAME.ndjson` in the data directory, a line for each decision, the
/// newest last. It is no read model's, so that whatever is built anew obeys it.
package struct ParkingRecord: Sendable {
    package struct Decision: Codable, Equatable, Sendable {
        package enum Action: String, Codable, Sendable { case park, unpark }

        package let action: Action
        package let position: UInt64
        package let stream: String
        package let reason: String
        package let by: String
        /// RFC 3339.
        package let at: String
    }

    private let path: String

    init(of projection: any Projection.Type, in dataDirectory: String) {
        path = "\(dataDirectory)/parked/\(projection.name).ndjson"
    }

    /// All there were, in order.
    package func decisions() throws -> [Decision] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        return try data.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Decision.self, from: $0) }
    }

    /// Those that hold, by position.
    package func parked() throws -> [UInt64: Decision] {
        try decisions().reduce(into: [:]) { $0[$1.position] = $1.action == .park ? $1 : nil }
    }

    /// Durable when it returns.
    func add(_ decision: Decision) throws {
        let directory = URL(filePath: path).deletingLastPathComponent().path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let lock = try DirectoryLock(directory: directory, use: "parks events in")
        defer { withExtendedLifetime(lock) {} }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let lines = try (decisions() + [decision]).map {
            String(decoding: try encoder.encode($0), as: UTF8.self) + "\n"
        }
        try DurableFile.write(lines.joined(), to: path)
    }
}
