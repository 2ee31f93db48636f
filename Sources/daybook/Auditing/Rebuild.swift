import ArgumentParser
import EventStore
import Foundation
import Logging
import Projections

struct Rebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Build read models anew from the log.",
        discussion: """
            Beside the live ones: daybook serve goes on answering from those until the new ones are whole, and then from
            the new ones. Killed, it goes on where it was when it is started again.

              daybook rebuild                all of them
              daybook rebuild search sales   only these
              daybook rebuild --dry-run      what would be done, how long it would take, and how much room
              daybook rebuild --verify       compare with the live ones first; where a row differs, say so and change nothing
            """)

    @OptionGroup var data: DataOption
    @Argument(help: "Which: \(ReadModels.names.joined(separator: ", ")). All where none is named.") var projections:
        [String] = []

    @Flag(help: "Show what would be done, and do nothing.") var dryRun = false
    @Flag(help: "Compare row by row with the live ones, and change nothing where they differ.") var verify = false

    func run() async throws {
        let names = try ReadModels.requireNames(projections)
        try await GivingWay.during { try await run(names) }
    }

    private func run(_ names: [String]) async throws {
        let store = try Store(directory: try await data.directory, access: .readOnly)
        let chosen = names.isEmpty ? ReadModels.names : names
        if dryRun { return show(try BuildPlan(chosen, of: store)) }
        try Self.build(chosen, of: store, verify: verify)
        print("\(names.isEmpty ? "all" : names.joined(separator: ", ")) rebuilt; daybook migrate rollback goes back")
    }

    private func show(_ plan: BuildPlan) {
        for model in plan.models {
            print("\(model.name) version \(model.version), about \(Terminal.bytes(model.bytes)) as now")
        }
        print("\(Terminal.grouped(plan.events)) events, read once; about \(max(1, plan.expected.components.seconds)) s")
        print("room needed   \(Terminal.bytes(plan.bytesNeeded)), for a day; free \(Terminal.bytes(plan.bytesFree))")
    }

    /// Builds with a bar, and has what was built asked.
    static func build(_ names: [String], of store: Store, verify: Bool) throws {
        let build = try ReadModelBuild(names, of: store)
        let begin = try build.begin()
        if begin != .start { Terminal.note("going on at position \(begin) of an earlier rebuild") }
        let progress = Progress("rebuild", total: Int(store.log.headPosition.rawValue), unit: "events")
        try build.run { progress.advance(to: Int($0.rawValue)) }
        progress.finish()
        if verify { try compare(build) }
        try build.finish()
    }

    private static func compare(_ build: borrowing ReadModelBuild) throws {
        var differences = 0
        let withoutCounterpart = try build.compare { name, rows in
            Terminal.note("comparing \(name): \(Terminal.grouped(rows)) rows")
        } report: { difference in
            differences += 1
            print(difference)
        }
        guard differences == 0 else {
            throw Failure(
                .check,
                "\(differences) rows differ; nothing was changed. Without --verify the rebuilt ones take the place of the live ones."
            )
        }
        print("every row is equal to the live one's")
        guard !withoutCounterpart.isEmpty else { return }
        print("not compared, as the version before has no such thing: \(withoutCounterpart.joined(separator: ", "))")
    }

    /// Feeds read models to the head of the log, one after another, each with a bar.
    static func catchUp(_ projectors: [Projector], with store: Store) throws {
        let head = Int(store.log.headPosition.rawValue)
        for projector in projectors where projector.model.watermark.value < head {
            let progress = Progress("projection \(projector.model.name)", total: head, unit: "events")
            try projector.catchUp { progress.advance(to: Int($0.rawValue)) }
            progress.advance(to: head)
            progress.finish()
        }
    }
}
