import ArgumentParser
import EventStore
import Postgres

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the schema of the Postgres that holds a copy of the log to what this program needs.",
        discussion: """
            Steps go forward only, each in a transaction of its own. daybook serve applies them by itself; do it before where
            the user of the server may not change tables.

              daybook migrate plan                 what apply would do
              daybook migrate apply
              daybook migrate status               what was applied, and when
            """,
        subcommands: [Plan.self, Apply.self, State.self])

    struct Plan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show the steps that are missing.")
        @OptionGroup var postgres: PostgresOption

        func run() async throws {
            let connection = try await postgres.connect()
            let missing = try Migrator(connection).plan()
            for step in missing { print("\(step.number) \(step.name)") }
            if missing.isEmpty { Terminal.note("\(connection.endpoint) has all of them.") }
        }
    }

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Apply the steps that are missing.")
        @OptionGroup var postgres: PostgresOption

        func run() async throws {
            let connection = try await postgres.connect()
            let done = try Migrator(connection).apply()
            for step in done { print("applied \(step.number) \(step.name)") }
            if done.isEmpty { Terminal.note("\(connection.endpoint) has all of them.") }
        }
    }

    struct State: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "status", abstract: "Show which steps were applied, and when.")
        @OptionGroup var postgres: PostgresOption

        func run() async throws {
            let migrator = Migrator(try await postgres.connect())
            for step in try migrator.applied() { print("\(step.number) \(step.name) applied \(step.appliedAt)") }
            for step in try migrator.plan() { print("\(step.number) \(step.name) missing") }
        }
    }
}

/// `--postgres`, of commands that talk to one.
struct PostgresOption: ParsableArguments {
    @Option(name: .customLong("postgres"), help: "postgres://… [DAYBOOK_POSTGRES_URL]")
    var given: String?

    func connect() async throws -> Connection { try Connection(url: try await Self.url(given)) }

    /// The URL given, or the one that is set.
    static func url(_ given: String?) async throws -> String {
        if let given { return given }
        if let url = try await Settings.load().postgresURL { return url }
        throw Failure(.usage, "Which Postgres? Name its URL, or set DAYBOOK_POSTGRES_URL.")
    }
}
