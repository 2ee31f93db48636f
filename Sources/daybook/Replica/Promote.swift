import ArgumentParser
import EventStore

struct Promote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have a data directory that stands by take over now.",
        discussion: """
            To be run where daybook serve --standby runs on that directory. The leader finds out within a second, accepts
            nothing more and ends; start it again with --standby to have it follow.

              daybook promote --data DIR
            """)

    @OptionGroup var postgres: PostgresOption
    @OptionGroup var data: DataOption

    func run() async throws {
        let replica = try Replica(url: try await PostgresOption.url(postgres.given))
        let directory = try await data.directory
        guard let before = try replica.promote(directory: directory) else {
            return Terminal.note("\(directory) leads already.")
        }
        let old = before.leader.isEmpty ? "nobody" : before.leader
        print("\(directory) is to lead in place of \(old), from position \(before.position) on")
    }
}
