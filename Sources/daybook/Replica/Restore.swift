import ArgumentParser
import EventStore
import Ledger
import Logging

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a data directory of the copy in Postgres.",
        discussion: """
            The log gets the same bytes at the same positions, each checked; index and read models are computed of it at the
            next start.

              daybook restore --from postgres://… --data new
              daybook restore --from postgres://… --data then --to 2026-11-22T12:00:00Z     as it was recorded by then
            """)

    @Option(help: "postgres://… [DAYBOOK_POSTGRES_URL]") var from: String?
    @OptionGroup var data: DataOption
    @Option(help: "End at this position, or with the last event recorded by this time.") var to: String?

    func run() async throws {
        let restoration = try Restoration(
            url: try await PostgresOption.url(from), logger: Logger(label: "daybook") { _ in SwiftLogNoOpLogHandler() })
        let end: Restoration.End =
            switch try PointInTime("--to", to) {
            case .position(let position): .position(position)
            case .time(let time): .time(time)
            case nil: .head
            }
        let last = try restoration.lastPosition(end)
        let directory = try await data.directory
        let progress = Progress("restore", total: Int(last.rawValue), unit: "events")
        try restoration.restore(to: directory, through: last) { progress.advance(to: Int($0.rawValue)) }
        progress.finish()
        print("\(last) events of \(restoration.endpoint) are in \(directory)")
    }
}
