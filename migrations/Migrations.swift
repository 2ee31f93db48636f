/// The steps of the Postgres schema, as they are in `postgres/`, within the program: a file beside it could be another
/// release's.
package enum PostgresMigrations {
    /// Number, name and SQL of each, in order.
    package static let all: [(number: Int, name: String, sql: String)] = [
        (1, "log", text(PackageResources._001_log_sql)),
        (2, "lease", text(PackageResources._002_lease_sql)),
    ]

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
