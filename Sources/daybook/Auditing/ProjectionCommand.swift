import ArgumentParser
import EventStore
import Foundation
import Ledger
import Projections

struct ProjectionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "projection",
        abstract: "See how the projections stand, and help one that stopped at an event.",
        discussion: """
            A projection stops at an event that it can't apply, answers from what it has, and tries again each second. Mend the
            program, or set the event aside:

              daybook projection list
              daybook projection retry sales
              daybook projection park sales 1042 --reason "currency XAU, see ticket 77"
              daybook projection unpark sales 1042

            While an event is parked all later ones of its stream wait with it; others go on. Taken back, the read model is built
            anew with all events in their order. daybook serve may run beside, or not.
            """,
        subcommands: [List.self, Retry.self, Park.self, Unpark.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show where each projection stands, why it stopped, and what is parked.")
        @OptionGroup var data: DataOption

        func run() async throws {
            let store = try Store(directory: try await data.directory, access: .readOnly)
            let status = try Status(of: store, try ReadModels(directory: store.readModelsDirectory))
            for projection in status.projections { show(projection) }
        }

        private func show(_ projection: Status.Projection) {
            let name = projection.name.padding(toLength: 11, withPad: " ", startingAt: 0)
            print(
                "\(name) version \(projection.version), position \(Terminal.grouped(projection.position.rawValue)), \(Terminal.grouped(projection.lag)) behind"
            )
            if let failure = projection.stoppedBy {
                let place = failure.position.map { "at position \($0)" } ?? "behind position \(failure.after)"
                print("            stopped \(place) since \(failure.since): \(failure.message)")
            }
            for event in projection.parked {
                let waiting = event.waiting == 0 ? "" : ", \(event.waiting) behind it wait"
                let why =
                    event.decision.map { "by \($0.by) at \($0.at): \($0.reason)" } ?? "taken back; run daybook rebuild"
                print("            parked \(event.position) of \(event.stream)\(waiting); \(why)")
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Have a projection that stopped try again now.")
        @OptionGroup var data: DataOption
        @Argument(help: "Which: \(ReadModels.names.joined(separator: ", ")).") var projection: String

        func run() async throws {
            _ = try ReadModels.requireNames([projection])
            let store = try Store(directory: try await data.directory, access: .readOnly)
            if let failure = try ReadModels.retry(projection, of: store) {
                throw Failure(.check, "\(projection) still does not go on. \(failure.message)")
            }
            print("\(projection) goes on")
        }
    }

    struct Park: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set the event aside at which a projection stopped, and all later ones of its stream.")
        @OptionGroup var data: DataOption
        @Argument(help: "Which: \(ReadModels.names.joined(separator: ", ")).") var projection: String
        @Argument(help: "The event's position.") var position: UInt64
        @Option(help: "Why, for those who read it later.") var reason: String

        func run() async throws {
            _ = try ReadModels.requireNames([projection])
            guard !reason.isEmpty, reason.utf8.count <= 500 else {
                throw Failure(.usage, "--reason is up to 500 bytes of text that say why.")
            }
            let store = try Store(directory: try await data.directory, access: .readOnly)
            try ReadModels.park(
                projection, at: Position(rawValue: position), reason: reason, by: NSUserName(), of: store)
            if let failure = try ReadModels.retry(projection, of: store) {
                throw Failure(.check, "\(position) is parked, and \(projection) stopped elsewhere. \(failure.message)")
            }
            print("\(projection) goes on without \(position)")
        }
    }

    struct Unpark: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a parking back: the read model is built anew with all events.")
        @OptionGroup var data: DataOption
        @Argument(help: "Which: \(ReadModels.names.joined(separator: ", ")).") var projection: String
        @Argument(help: "The event's position.") var position: UInt64

        func run() async throws {
            _ = try ReadModels.requireNames([projection])
            let store = try Store(directory: try await data.directory, access: .readOnly)
            let progress = Progress("rebuild", total: Int(store.log.headPosition.rawValue), unit: "events")
            try ReadModels.unpark(projection, at: Position(rawValue: position), by: NSUserName(), of: store) {
                progress.advance(to: Int($0.rawValue))
            }
            progress.finish()
            print("\(projection) has taken in \(position), and all that waited behind it")
        }
    }
}
