import ArgumentParser
import EventStore
import Foundation
import Logging
import NIOCore
import ServiceLifecycle

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take commands and answer queries over HTTP.",
        discussion: """
            Plays every role in one process unless told otherwise, and needs no server beside it:

              command   POST /commands/… into the log; one process a data directory
              query     GET /… from the read models
              project   feeds the read models from the log
              replicate copies the log to a Postgres, where DAYBOOK_POSTGRES_URL names one

            With --log postgres://… any number of machines append to one log, or only read it (--roles query,project), each
            with a data directory of its own.

            Ctrl-C or SIGTERM stops it: what was accepted is written and answered first.
            """)

    @OptionGroup var data: DataOption
    @Option(help: "Which roles, with commas between. [DAYBOOK_ROLES, else all]") var roles: String?
    @Option(help: "Port of the command API, 0 for any. [DAYBOOK_COMMAND_PORT, else 8080]") var commandPort: Int?
    @Option(help: "Port of the query API, 0 for any. [DAYBOOK_QUERY_PORT, else 8081]") var queryPort: Int?
    @OptionGroup var log: LogOption
    @Flag(help: "Fill an empty data directory with a demonstration shop, and print how to talk to it.") var demo = false

    func run() async throws {
        let settings = try await Settings.load()
        let level = settings.logLevel
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        let node = try await Node(
            directory: try await data.directory, settings: settings, sharedLog: log.url(settings),
            roles: try roleSet(roles.map { $0.split(separator: ",").map(String.init) } ?? settings.roles),
            commandPort: commandPort ?? settings.commandPort, queryPort: queryPort ?? settings.queryPort, demo: demo)
        do {
            try await node.run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw Failure(
                .environment,
                "A port is taken: \(node.commandPort) or \(node.queryPort). Stop what listens there, or choose others with --command-port and --query-port."
            )
        }
    }

    private func roleSet(_ names: [String]) throws -> Set<Role> {
        let roles = try names.map { name in
            guard let role = Role(rawValue: name) else {
                throw Failure(
                    .usage,
                    "\"\(name)\" is no role. There are: \(Role.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            return role
        }
        guard !roles.isEmpty else { throw Failure(.usage, "--roles names at least one role.") }
        return Set(roles)
    }
}

/// `--log`, of commands that append.
struct LogOption: ParsableArguments {
    @Option(
        name: .customLong("log"),
        help: "postgres://… of a log that several machines append to; the data directory holds a copy. [DAYBOOK_LOG]")
    var given: String?

    func url(_ settings: Settings) -> String? { given ?? settings.logURL }
}

/// What a process does.
enum Role: String, CaseIterable {
    case command, query, project, replicate
}
