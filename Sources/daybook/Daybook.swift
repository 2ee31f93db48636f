import ArgumentParser
import Decompression
import EventStore
import Foundation
import LMDB
import Postgres

/// The program.
@main
struct Daybook: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "daybook",
        abstract: "An event-sourced order and inventory ledger for shops.",
        discussion: """
            A shop's data live in one directory (--data): the log of everything that happened, and what is computed
            from it. Begin with:

              daybook serve --demo                    a shop to play with, on http://127.0.0.1:8080 and :8081
              daybook status                          what a data directory holds and how far its read models are
              daybook events --stream stock-85123A    the history of one thing
              daybook verify                          read every byte and check it

            Exit codes: 0 done, 1 a check failed, 2 wrong usage, 3 the environment (files, ports, another process).
            Settings come from the command line, then DAYBOOK_… variables, then .env.{environment}; see .env.example.
            """,
        subcommands: [
            Serve.self, Import.self, Events.self, Replay.self, Rebuild.self, ProjectionCommand.self, Verify.self,
            StatusCommand.self,
            SubscriptionCommand.self, Migrate.self, Restore.self, Promote.self, Bench.self,
        ])

    static func main() async {
        PageFault.endsProcess(code: Failure.Code.check.rawValue)
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            leave(error)
        }
    }

    /// Says what is wrong and ends the process with the code that belongs to it.
    private static func leave(_ error: any Error) -> Never {
        switch error {
        case let failure as Failure:
            Terminal.error(failure.message)
            end(failure.code)
        case let error as EventStoreError:
            Terminal.error(error.description)
            end([.directory, .schema, .fenced].contains(error.code) ? .environment : .check)
        case let error as PostgresError:
            Terminal.error(error.description)
            end(.environment)
        case let error as DecompressionError:
            Terminal.error(error.message)
            end(.environment)
        default: break
        }
        guard exitCode(for: error) == .validationFailure else { Self.exit(withError: error) }
        // ArgumentParser would leave with EX_USAGE, 64.
        Terminal.error(fullMessage(for: error), prefix: "")
        end(.usage)
    }

    private static func end(_ code: Failure.Code) -> Never {
        Foundation.exit(code.rawValue)
    }
}

/// Why the program ends without having done what it was asked.
struct Failure: Error {
    enum Code: Int32 {
        case check = 1
        case usage = 2
        case environment = 3
    }

    let code: Code
    let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// `--data`, which every command has.
struct DataOption: ParsableArguments {
    @Option(name: .customLong("data"), help: "The data directory. [DAYBOOK_DATA, else ./data]")
    var given: String?

    var directory: String {
        get async throws {
            if let given { return given }
            return try await Settings.load().data
        }
    }
}
