import Crypto
import Foundation
import Migrations
package import Postgres

/// One step of the Postgres schema. Forward only: what was applied is never changed, and never taken back.
package struct Migration: Sendable {
    package let number: Int
    package let name: String
    let sql: String

    /// SHA-256 of the SQL, in hexadecimal digits.
    package var checksum: String {
        SHA256.hash(data: Array(sql.utf8)).map { String(format: "%02x", $0) }.joined()
    }

    /// All that this program knows, in order.
    package static var all: [Migration] {
        PostgresMigrations.all.map { Migration(number: $0.number, name: $0.name, sql: $0.sql) }
    }
}

/// Brings the schema of a Postgres to what this program needs.
package struct Migrator {
    /// A step that stands in the database.
    package struct Applied: Sendable {
        package let number: Int
        package let name: String
        package let checksum: String
        package let appliedAt: String
    }

    /// Any number that nobody else locks in such a database; "daybook" in ASCII.
    private static let lock: Int64 = 0x64_6179_626F_6F6B

    private let connection: Connection
    private let known: [Migration]

    /// - Parameter known: the steps of this program, in order of their numbers.
    package init(_ connection: Connection, known: [Migration] = Migration.all) {
        self.connection = connection
        self.known = known
    }

    /// What was applied, in order. Nothing is changed, not even where nothing was ever applied.
    package func applied() throws -> [Applied] {
        // Not by to_regclass: what that did not find once, it may not find where another has made it meanwhile.
        let tables = try connection.query(
            "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'migrations'")
        guard !tables.isEmpty else { return [] }
        return try connection.query(
            "SELECT number, name, checksum, to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS at FROM migrations ORDER BY number"
        ).map { row in
            Applied(
                number: Int(try row.integer("number") ?? 0), name: row["name"] ?? "", checksum: row["checksum"] ?? "",
                appliedAt: row["at"] ?? "")
        }
    }

    /// The steps that are missing, in order.
    ///
    /// - Throws: `EventStoreError` `schema` where an applied step is not the one that this program knows.
    package func plan() throws -> [Migration] {
        let applied = try applied()
        for step in applied {
            guard let mine = known.first(where: { $0.number == step.number }) else { continue }
            guard mine.checksum == step.checksum else {
                throw EventStoreError(
                    .schema,
                    "Migration \(step.number) (\(step.name)) was applied to \(connection.endpoint) with other contents than this program has. Use the program that applied it, or restore the file."
                )
            }
        }
        let last = applied.last?.number ?? 0
        return known.filter { $0.number > last }
    }

    /// Applies the steps that are missing, each in a transaction of its own with its record, and returns them. Two
    /// programs may do it at once: one of them waits for the other. Where a server has no advisory locks, one of them fails
    /// and leaves nothing behind; it is to be tried again.
    ///
    /// A database that is ahead of this program is left as it is: later steps are made to suit earlier programs.
    @discardableResult
    package func apply() throws -> [Migration] {
        guard try !plan().isEmpty else { return [] }
        let lock = "SELECT pg_advisory_xact_lock(\(Self.lock))"
        let hasLocks = try connection.can(lock)  // Held for that statement only.
        var done: [Migration] = []
        while let step = try applyNext(lock: hasLocks ? lock : nil) { done.append(step) }
        return done
    }

    private func applyNext(lock: String?) throws -> Migration? {
        try connection.transaction {
            if let lock { try connection.execute(lock) }
            guard let step = try plan().first else { return nil }
            try connection.execute(
                """
                CREATE TABLE IF NOT EXISTS migrations (
                    number integer NOT NULL PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT now())
                """)
            try connection.execute(script: step.sql)
            try connection.execute(
                "INSERT INTO migrations (number, name, checksum) VALUES ($1, $2, $3)",
                [.integer(Int64(step.number)), .text(step.name), .text(step.checksum)])
            return step
        }
    }
}
