import ArgumentParser
import EventStore
import Foundation
import Logging
import Projections
import Subscriptions

extension Migrate {
    struct Log: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Make a log in which something was otherwise from the beginning, and put it in the old one's place.",
            discussion: """
                For what no event can say: two products are one, one SKU was given to two, a test's cart. The file of edits says what
                and why; migrations/log of the source has examples. Positions become others, so that followers of /events begin anew
                or ask positions.csv, and a copy in Postgres has to be made anew.

                  daybook migrate log edits.json             make it beside, check it, and change nothing; a server may run
                  daybook migrate log edits.json --switch    the same, wait until the server is stopped, take the rest over, switch
                  daybook migrate log --back                 the old one again, while nothing was appended since

                The old data directory stays, under the name of the new one.
                """)

        @OptionGroup var data: DataOption
        @Argument(help: "The file of edits.") var edits: String?
        @Option(help: "Where the new data directory is made. [the old one's name and \".migrated\"]") var into: String?
        @Flag(name: .customLong("switch"), help: "Put it in the old one's place.") var switches = false
        @Flag(help: "Put the old one in its place again.") var back = false
        @Flag(help: "With --back: even where events were appended since, which the old one does not have.")
        var leaveBehind = false

        func validate() throws {
            guard (edits != nil) != back else {
                throw ValidationError("Name a file of edits, or go --back.")
            }
            guard !(back && switches) else { throw ValidationError("--switch goes forward, --back goes back.") }
        }

        func run() async throws {
            let directory = try await data.directory
            let new = into ?? directory + ".migrated"
            if back {
                try LogMigration.goBack(directory, new, leavesBehind: leaveBehind)
                return print("\(directory) is what it was before; the migrated one is \(new)")
            }
            try refuseParked(directory)
            guard let file = FileManager.default.contents(atPath: edits ?? "") else {
                throw Failure(.usage, "\(edits ?? "") can't be read. Name a file of edits.")
            }
            try await GivingWay.during { try await migrate(Array(file), directory, new) }
        }

        private func migrate(_ file: [UInt8], _ directory: String, _ new: String) async throws {
            let migration = try open(file, directory, new)
            try advance(migration)
            try Rebuild.build(ReadModels.names, of: migration.target, verify: false)
            guard switches else {
                tell(migration)
                return print(
                    "\(new) holds the migrated shop; nothing else was changed. Add --switch to put it in place.")
            }
            try await switchOver(migration, directory, new)
        }

        private func open(_ file: [UInt8], _ directory: String, _ new: String) throws -> LogMigration {
            let source = try Store(directory: directory, access: .readOnly)
            do {
                return try LogMigration(
                    file, of: source, into: new, logger: Logger(label: "daybook") { _ in SwiftLogNoOpLogHandler() })
            } catch let error as InvalidEdits {
                throw Failure(.usage, "\(edits ?? ""): \(error).")
            }
        }

        /// Takes the rest over, and stops where something is not as it has to be.
        private func advance(_ migration: LogMigration) throws {
            let writing = Progress("rewrite", total: Int(migration.head.rawValue), unit: "events")
            do {
                try migration.advance { writing.advance(to: Int($0.rawValue)) }
            } catch let error as InvalidEdits {
                throw Failure(.check, "\(edits ?? ""): \(error). Nothing was changed.")
            }
            writing.finish()
            let checking = Progress("check", total: 2 * Int(migration.head.rawValue), unit: "events")
            let differences = try migration.differences { checking.advance(to: $0) }
            checking.finish()
            for difference in differences { print(difference) }
            guard differences.isEmpty else {
                throw Failure(.check, "The new log says other things than the old one, see above. Nothing was changed.")
            }
        }

        private func tell(_ migration: LogMigration) {
            print(
                "\(Terminal.grouped(Int(migration.position.rawValue))) events: \(migration.dropped) dropped, \(migration.added) added; stock, orders and money are what they were"
            )
        }

        private func switchOver(_ migration: LogMigration, _ directory: String, _ new: String) async throws {
            try migration.waitForWriter {
                Terminal.note("waiting until nobody writes to \(directory): stop daybook serve now")
            }
            let begin = ContinuousClock.now
            try advance(migration)
            let models = try ReadModels(directory: migration.target.readModelsDirectory)
            try Rebuild.catchUp(
                try models.projectors(of: migration.target, logger: Logger(label: "daybook")), with: migration.target)
            try moveSubscriptions(migration, directory, new)
            try migration.exchange()
            tell(migration)
            let seconds = (ContinuousClock.now - begin) / .seconds(1)
            print(
                "\(directory) is the migrated shop, after \((seconds * 10).rounded() / 10) s; \(new) is the one before. Start daybook serve now."
            )
        }

        /// Who takes events in goes on where it was, at the positions of now.
        private func moveSubscriptions(_ migration: LogMigration, _ directory: String, _ new: String) throws {
            let (old, store) = (SubscriptionStore(in: directory), SubscriptionStore(in: new))
            for subscription in try old.all() {
                let position = Position(rawValue: try old.progress(subscription.name)?.position ?? 0)
                try store.add(subscription, from: migration.through(position))
            }
        }

        /// Decisions about single events name them by positions that will be others.
        private func refuseParked(_ directory: String) throws {
            guard let found = try? FileManager.default.contentsOfDirectory(atPath: directory + "/parked"),
                !found.isEmpty
            else { return }
            throw Failure(
                .check,
                "There are parked events, see daybook projection list. Unpark them first: their positions become others."
            )
        }
    }
}
