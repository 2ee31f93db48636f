import ArgumentParser
import EventStore
import Foundation
import Ledger
import Projections

struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fold the log, as of now or of then, into counts and a hash, or into read models to look at.",
        discussion: """
            The same log gives the same hash, on any machine: compare it with a copy's. May run beside daybook serve.

              daybook replay
              daybook replay --to 1000000
              daybook replay --to 2026-11-22T12:00:00Z      what had been recorded by then
              daybook replay --to 2026-11-22T12:00:00Z --into then sales search
                                                            then/sales.sqlite and then/search.sqlite, as they were
            """)

    @OptionGroup var data: DataOption
    @Option(help: "End at this position, or at the last event recorded by this time.") var to: String?
    @Option(help: "Build read models into this directory, one SQLite file each; nobody feeds them.") var into: String?
    @Argument(help: "Which read models: \(ReadModels.names.joined(separator: ", ")). All where none is named.")
    var projections: [String] = []

    func run() async throws {
        let names = try ReadModels.requireNames(projections)
        try await GivingWay.during { try await replay(names) }
    }

    private func replay(_ names: [String]) async throws {
        let store = try Store(directory: try await data.directory, access: .readOnly)
        let head = store.log.headPosition
        let end = min(head, try PointInTime("--to", to)?.position(in: store.log) ?? head)
        let progress = Progress("replay", total: Int(end.rawValue), unit: "events")
        if let into {
            return try fork(names.isEmpty ? ReadModels.names : names, of: store, through: end, into, progress)
        }
        guard names.isEmpty else {
            throw Failure(.usage, "Read models are built into files: name a directory, --into.")
        }
        try fold(store, through: end, progress)
    }

    private func fork(
        _ names: [String], of store: Store, through end: Position, _ directory: String, _ progress: Progress
    ) throws {
        let paths = try ReadModels.fork(names, of: store, through: end, into: directory) {
            progress.advance(to: Int($0.rawValue))
        }
        progress.finish()
        print("position \(end)")
        for path in paths { print(path) }
    }

    private func fold(_ store: Store, through end: Position, _ progress: Progress) throws {
        var state = ShopState()
        var position = Position.start
        while position < end {
            let limit = min(8_192, Int(end.rawValue - position.rawValue))
            for record in try store.log.read(after: position, limit: limit) {
                state.apply(Recorded(record: record, event: try store.events.event(of: record)))
                position = record.position
            }
            progress.advance(to: Int(position.rawValue))
        }
        progress.finish()
        print("position \(position)")
        for (name, count) in state.counts { print("\(name) \(count)") }
        print("state \(try state.hash())")
    }
}
