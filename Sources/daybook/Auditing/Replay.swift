import ArgumentParser
import EventStore
import Foundation
import Ledger

struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fold the whole log, and print counts and a hash of the state.",
        discussion: """
            The same log gives the same hash, on any machine: compare it with a copy's. May run beside daybook serve.

              daybook replay
              daybook replay --to 1000000
              daybook replay --to 2026-11-22T12:00:00Z      what had been recorded by then
            """)

    @OptionGroup var data: DataOption
    @Option(help: "End at this position, or at the last event recorded by this time.") var to: String?

    func run() async throws {
        let end = try bound()
        BackgroundThread.lowerPriority()
        let store = try Store(directory: try await data.directory, access: .readOnly)
        let head = store.log.headPosition
        let progress = Progress("replay", total: Int(min(head.rawValue, end.position.rawValue)), unit: "events")
        var state = ShopState()
        var position = Position.start
        replay: while case let records = try store.log.read(after: position, limit: 8_192), !records.isEmpty {
            for record in records {
                guard record.position <= end.position, record.recordedAt <= end.time else { break replay }
                state.apply(Recorded(record: record, event: try store.events.event(of: record)))
                position = record.position
            }
            progress.advance(to: Int(position.rawValue))
        }
        progress.advance(to: Int(position.rawValue))
        progress.finish()
        print("position \(position)")
        for (name, count) in state.counts { print("\(name) \(count)") }
        print("state \(try state.hash())")
    }

    private func bound() throws -> (position: Position, time: Timestamp) {
        let (noPosition, noTime) = (Position(rawValue: .max), Timestamp(microseconds: .max))
        guard let to else { return (noPosition, noTime) }
        if let position = UInt64(to) { return (Position(rawValue: position), noTime) }
        guard let time = Timestamp(to) else {
            throw Failure(.usage, "--to is a position or a time such as 2026-11-22T12:00:00Z; not \"\(to)\".")
        }
        return (noPosition, time)
    }
}
