import Foundation
import LMDB
import Testing

/// A directory that lasts as long as the test holds it.
final class TemporaryDirectory: Sendable {
    let path: String

    init(in parent: String = NSTemporaryDirectory()) throws {
        let url = URL(fileURLWithPath: parent).appendingPathComponent("daybook-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func environment(mapSizeBytes: Int = 64 << 20, readOnly: Bool = false) throws -> Environment {
        var options = Environment.Options()
        options.mapSizeBytes = mapSizeBytes
        options.readOnly = readOnly
        return try Environment(directory: path, options: options)
    }
}

/// The bytes of record `key`: 160 of them, different for each.
func record(_ key: UInt64) -> [UInt8] {
    (0..<160).map { UInt8(truncatingIfNeeded: key &* 31 &+ $0) }
}

extension Environment {
    func log() throws(LMDBError) -> Database {
        try database(named: "log", options: [.integerKey, .create])
    }

    func append(_ keys: ClosedRange<UInt64>, to database: Database) throws {
        try write { transaction in
            for key in keys { try transaction.append(database, key: key, value: record(key)) }
        }
    }

    func keys(_ database: Database) throws -> [UInt64] {
        try read { transaction in try transaction.keys(database) }
    }
}

extension Transaction where Self: ~Copyable {
    func keys(_ database: Database) throws -> [UInt64] {
        var keys: [UInt64] = []
        try scan(database, from: 0) { (key, _) in
            keys.append(key)
            return true
        }
        return keys
    }
}

extension RawSpan {
    var array: [UInt8] { withUnsafeBytes { Array($0) } }
}
