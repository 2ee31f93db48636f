import ArgumentParser
import EventStore
import Postgres
import Projections

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the schema of a Postgres to what this program needs; take a rebuild of read models back.",
        discussion: """
            Steps of the schema go forward only, each in a transaction of its own. daybook serve applies them by itself; do it
            before where the user of the server may not change tables.

              daybook migrate plan                 what apply would do
              daybook migrate apply
              daybook migrate status               what was applied, and when

              daybook migrate rollback stock       answer from what was there before the last daybook rebuild
            """,
        subcommands: [Plan.self, Apply.self, State.self, RollBack.self])

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

extension Migrate {
    struct RollBack: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rollback",
            abstract: "Answer from the read models that were there before the last rebuild.",
            discussion: """
                They were fed meanwhile, for a day: it is done at once, and what is answered is as new as ever. Once more goes
                forward again. daybook serve may run, or not.
                """)

        @OptionGroup var data: DataOption
        @Argument(help: "Which: \(ReadModels.names.joined(separator: ", ")).") var projections: [String]

        func run() async throws {
            let names = try ReadModels.requireNames(projections)
            let store = try Store(directory: try await data.directory, access: .readOnly)
            for name in names {
                try ReadModels.rollBack(name, of: store)
                print("\(name) is answered as before the last rebuild")
            }
        }
    }
}

extension ReadModels {
    /// - Throws: `Failure` where there is no such projection.
    static func requireNames(_ given: [String]) throws -> [String] {
        for name in given where !names.contains(name) {
            throw Failure(.usage, "\"\(name)\" is no projection. There are: \(names.joined(separator: ", ")).")
        }
        return given
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
