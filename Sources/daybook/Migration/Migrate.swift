import ArgumentParser
import EventStore
import Foundation
import Postgres
import Projections

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring a data directory, and its Postgres, to what this program needs; or go back.",
        discussion: """
            Before a new program is deployed, with the new program, beside the old one at work:

              daybook migrate plan                 everything that apply would do, how long it takes, and how much room;
                                                   which events this program reads as others than they were written
              daybook migrate apply                steps of the Postgres schema, then the read models of new versions
              daybook migrate status               what is there

            Nothing of it is seen by the old program, which goes on; the new one then answers as soon as it is started. To go
            back start the old one: its files are kept for a day. A rebuild of the same version is taken back by

              daybook migrate rollback stock       answer from what was there before the last daybook rebuild

            The Postgres is the one that DAYBOOK_POSTGRES_URL or --postgres names, if any. Its steps go forward only, each in a
            transaction of its own, and old programs work with what they make. daybook serve does all of this by itself, but then it
            answers nothing from a new read model until that is whole.
            """,
        subcommands: [Plan.self, Apply.self, State.self, RollBack.self, Log.self])

    struct Plan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show everything that apply would do. Touches nothing.")
        @OptionGroup var target: MigrationTarget

        func run() async throws {
            var isNothing = true
            for step in try await target.migrator()?.plan() ?? [] {
                print("postgres    \(step.number) \(step.name)")
                isNothing = false
            }
            if let store = try await target.store() {
                for retired in try store.log.retiredEvents() {
                    print(
                        "events      \(retired.from.name) is read as \(retired.to.name): \(Terminal.grouped(retired.count)); the log stays as it is"
                    )
                }
                let missing = try ReadModels.missing(of: store)
                if !missing.isEmpty {
                    show(try BuildPlan(missing, of: store))
                    isNothing = false
                }
            }
            if isNothing { Terminal.note("There is nothing to do: all is as this program needs it.") }
        }

        private func show(_ plan: BuildPlan) {
            for model in plan.models {
                let before = model.versionBefore.map { "; version \($0) goes on meanwhile" } ?? ""
                print("read model  \(model.name) version \(model.version)\(before)")
            }
            print(
                "            \(Terminal.grouped(plan.events)) events are read once, about \(max(1, plan.expected.components.seconds)) s; room needed about \(Terminal.bytes(plan.bytesNeeded)), free \(Terminal.bytes(plan.bytesFree))"
            )
        }
    }

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Do what plan shows. Ended at any moment, it goes on when it is called again.")
        @OptionGroup var target: MigrationTarget
        @Flag(
            help: "Compare each new read model with the version before, and stop where a row differs that should not.")
        var verify = false

        func run() async throws {
            var isNothing = true
            for step in try await target.migrator()?.apply() ?? [] {
                print("applied \(step.number) \(step.name)")
                isNothing = false
            }
            if let store = try await target.store() {
                let missing = try ReadModels.missing(of: store)
                if !missing.isEmpty {
                    try await GivingWay.during { try Rebuild.build(missing, of: store, verify: verify) }
                    print("built \(missing.joined(separator: ", ")); start the new program now")
                    isNothing = false
                }
            }
            if isNothing { Terminal.note("There is nothing to do: all is as this program needs it.") }
        }
    }

    struct State: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "status", abstract: "Show which steps were applied and when, and which read models are there.")
        @OptionGroup var target: MigrationTarget

        func run() async throws {
            if let migrator = try await target.migrator() {
                for step in try migrator.applied() { print("\(step.number) \(step.name) applied \(step.appliedAt)") }
                for step in try migrator.plan() { print("\(step.number) \(step.name) missing") }
            }
            guard let store = try await target.store() else { return }
            if let log = try LogMigrationRecord(of: store.directory) {
                print(
                    "log made of another, up to position \(Terminal.grouped(Int(log.isThrough))): \(log.dropped) events dropped, \(log.added) added: \(log.reason)"
                )
            }
            for model in try ReadModels.versions(of: store) {
                let before = model.before.map { "; version \($0) is kept" } ?? ""
                let position = model.position.map { "position \(Terminal.grouped($0.rawValue))" } ?? "missing"
                print("\(model.name) version \(model.version) \(position)\(before)")
            }
        }
    }
}

/// What is to be brought to what this program needs: a Postgres where one is set, a data directory where there is one.
struct MigrationTarget: ParsableArguments {
    @OptionGroup var data: DataOption
    @OptionGroup var postgres: PostgresOption

    func migrator() async throws -> Migrator? {
        let isSet = try await Settings.load().postgresURL != nil
        guard isSet || postgres.given != nil else { return nil }
        return Migrator(try await postgres.connect())
    }

    /// - Throws: where there is neither a data directory nor a Postgres, or the directory was named and is none.
    func store() async throws -> Store? {
        let directory = try await data.directory
        if postgres.given != nil, data.given == nil, !FileManager.default.fileExists(atPath: directory) { return nil }
        return try Store(directory: directory, access: .readOnly)
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
