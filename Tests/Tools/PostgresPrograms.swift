import Foundation

/// Where the machine has Postgres, and who runs it.
package enum PostgresPrograms {
    /// The newest version Debian has installed, or whatever the PATH holds; nil where there is none.
    package static let directory: String? = {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let newestFirst = versions.sorted { $0.compare($1, options: .numeric) == .orderedDescending }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = newestFirst.map { "/usr/lib/postgresql/\($0)/bin" } + path.split(separator: ":").map(String.init)
        return folders.first { folder in
            ["initdb", "pg_ctl", "postgres"].allSatisfy {
                FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)")
            }
        }
    }()

    /// Postgres refuses to run as root; nil where we are not.
    package static let user: String? = geteuid() != 0 ? nil : getpwnam("postgres") != nil ? "postgres" : "nobody"
}
