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
              deliver   sends events to webhooks, where daybook subscription names any
              replicate copies the log to a Postgres, where DAYBOOK_POSTGRES_URL names one

            With --log postgres://… any number of machines append to one log, or only read it (--roles query,project), each
            with a data directory of its own.

            With --standby, on two machines or more with one DAYBOOK_POSTGRES_URL, one leads; the others follow the copy,
            answer queries, and one of them takes over when the leader falls silent (daybook promote: at once).

            Ctrl-C or SIGTERM stops it: what was accepted is written and answered first.
            """)

    @OptionGroup var data: DataOption
    @Option(help: "Which roles, with commas between. [DAYBOOK_ROLES, else all]") var roles: String?
    @Option(help: "Port of the command API, 0 for any. [DAYBOOK_COMMAND_PORT, else 8080]") var commandPort: Int?
    @Option(help: "Port of the query API, 0 for any. [DAYBOOK_QUERY_PORT, else 8081]") var queryPort: Int?
    @OptionGroup var log: LogOption
    @Flag(help: "Lead, or stand by for the one that does.") var standby = false
    @Flag(help: "Fill an empty data directory with a demonstration shop, and print how to talk to it.") var demo = false

    func run() async throws {
        let settings = try await Settings.load()
        let level = settings.logLevel
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        let (directory, sharedLog) = (try await data.directory, log.url(settings))
        let roles = try roleSet(roles.map { $0.split(separator: ",").map(String.init) } ?? settings.roles)
        let ports = (command: commandPort ?? settings.commandPort, query: queryPort ?? settings.queryPort)
        let node: @Sendable (Standby.Part?) async throws -> Node = { [demo] part in
            try await Node(
                directory: directory, settings: settings, sharedLog: sharedLog, roles: roles,
                commandPort: ports.command, queryPort: ports.query, demo: demo, part: part)
        }
        do {
            guard standby else { return try await node(nil).run() }
            try await StandbyService(standby: try standby(in: directory, settings, sharedLog, roles), node: node)
                .runUntilStopped()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw Failure(
                .environment,
                "A port is taken: \(ports.command) or \(ports.query). Stop what listens there, or choose others with --command-port and --query-port."
            )
        }
    }

    private func standby(
        in directory: String, _ settings: Settings, _ sharedLog: String?, _ roles: Set<Role>
    ) throws -> Standby {
        guard sharedLog == nil else {
            throw Failure(.usage, "Nobody stands by for a log that several machines append to: --standby or --log.")
        }
        guard let url = settings.postgresURL, roles.isSuperset(of: [.command, .replicate]) else {
            throw Failure(
                .usage,
                "--standby is for machines with one copy in Postgres: set DAYBOOK_POSTGRES_URL, and have at least the roles command and replicate."
            )
        }
        return Standby(directory: directory, url: url, logger: Logger(label: "daybook"))
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
    case command, query, project, deliver, replicate
}
