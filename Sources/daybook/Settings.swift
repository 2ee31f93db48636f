import Configuration
import EventStore
import Foundation
import Logging
import SystemPackage

/// What can be set from outside: environment variables over `.env.{environment}` over defaults.
///
/// Each key stands in `.env.example` with its default.
struct Settings: Sendable {
    enum Key: String, CaseIterable {
        case environment = "DAYBOOK_ENVIRONMENT"
        case data = "DAYBOOK_DATA"
        case host = "DAYBOOK_HOST"
        case commandPort = "DAYBOOK_COMMAND_PORT"
        case queryPort = "DAYBOOK_QUERY_PORT"
        case queryURL = "DAYBOOK_QUERY_URL"
        case roles = "DAYBOOK_ROLES"
        case queueCapacity = "DAYBOOK_QUEUE_CAPACITY"
        case connectionsMax = "DAYBOOK_CONNECTIONS_MAX"
        case connectionsPerAddressMax = "DAYBOOK_CONNECTIONS_PER_ADDRESS_MAX"
        case idleSecondsMax = "DAYBOOK_IDLE_SECONDS_MAX"
        case logLevel = "DAYBOOK_LOG_LEVEL"
        case logMapMiB = "DAYBOOK_LOG_MAP_MIB"
        case postgresURL = "DAYBOOK_POSTGRES_URL"
        case replication = "DAYBOOK_REPLICATION"
        case log = "DAYBOOK_LOG"
    }

    let data: String
    let host: String
    let commandPort: Int
    let queryPort: Int
    let queryURL: String?
    let roles: [String]
    let queueCapacity: Int
    let connectionsMax: Int
    let connectionsPerAddressMax: Int
    let idleSecondsMax: Int
    let logLevel: Logger.Level
    /// The most that the log may grow to.
    let logMapMiB: Int
    /// Where the log is copied to; it may hold a password.
    let postgresURL: String?
    let replication: Replicator.Mode
    /// Where the log is that several machines append to; nil where it is the data directory's own. It may hold a password.
    let logURL: String?

    /// Read by the tests of this package, never by the program: where their data are, the seed of random tests.
    private static let testPrefix = "DAYBOOK_TEST_"

    /// - Throws: `Failure` usage for a key that is none, or a value that can't be.
    static func load(_ environment: [String: String] = ProcessInfo.processInfo.environment) async throws -> Settings {
        let file = ".env." + (environment[Key.environment.rawValue] ?? "development")
        try refuseUnknown(environment.keys, from: "the environment")
        try refuseUnknown(fileKeys(file), from: file)
        let reader = ConfigReader(providers: [
            EnvironmentVariablesProvider(environmentVariables: environment),
            try await EnvironmentVariablesProvider(environmentFilePath: FilePath(file), allowMissing: true),
        ])
        func text(_ key: Key) -> String? {
            reader.string(forKey: ConfigKey(key.rawValue.lowercased().split(separator: "_").map(String.init)))
        }
        func number(_ key: Key, _ range: ClosedRange<Int>, default value: Int) throws -> Int {
            guard let text = text(key) else { return value }
            guard let number = Int(text), range.contains(number) else {
                throw invalid(key, text, "a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
        let level = text(.logLevel) ?? "info"
        guard let logLevel = Logger.Level(rawValue: level) else {
            throw invalid(.logLevel, level, "one of " + Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))
        }
        let mode = text(.replication) ?? Replicator.Mode.async.rawValue
        guard let replication = Replicator.Mode(rawValue: mode) else {
            throw invalid(.replication, mode, "async or sync")
        }
        return Settings(
            data: text(.data) ?? "data", host: text(.host) ?? "127.0.0.1",
            commandPort: try number(.commandPort, 0...65_535, default: 8_080),
            queryPort: try number(.queryPort, 0...65_535, default: 8_081), queryURL: text(.queryURL),
            roles: (text(.roles) ?? "command,query,project,deliver,replicate").split(separator: ",").map(String.init),
            queueCapacity: try number(.queueCapacity, 1...1_000_000, default: 16_384),
            connectionsMax: try number(.connectionsMax, 1...1_000_000, default: 4_096),
            connectionsPerAddressMax: try number(.connectionsPerAddressMax, 1...1_000_000, default: 1_024),
            idleSecondsMax: try number(.idleSecondsMax, 1...86_400, default: 60), logLevel: logLevel,
            logMapMiB: try number(.logMapMiB, 1...16_777_216, default: 262_144),
            postgresURL: text(.postgresURL), replication: replication, logURL: text(.log))
    }

    private static func invalid(_ key: Key, _ value: String, _ wanted: String) -> Failure {
        Failure(.usage, "\(key.rawValue) is \(wanted); not \"\(value)\".")
    }

    private static func refuseUnknown(_ names: some Sequence<String>, from source: String) throws {
        for name in names.sorted()
        where name.hasPrefix("DAYBOOK_") && !name.hasPrefix(testPrefix) && Key(rawValue: name) == nil {
            throw Failure(
                .usage,
                "\(name) in \(source) is no setting of Daybook. Known are: \(Key.allCases.map(\.rawValue).joined(separator: ", "))."
            )
        }
    }

    private static func fileKeys(_ path: String) -> [String] {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            line.split(separator: "=").first.map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }
}
