import ArgumentParser
import EventStore
import Foundation
import Logging
import Projections

struct Rebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Build read models anew from the log.",
        discussion: """
            Removes the read models' files and feeds them from the beginning. Stop daybook serve first.

              daybook rebuild                all of them
              daybook rebuild search sales   only these
            """)

    @OptionGroup var data: DataOption
    @Argument(help: "Which: \(ReadModels.names.joined(separator: ", ")). All where none is named.") var projections:
        [String] = []

    func run() async throws {
        for name in projections where !ReadModels.names.contains(name) {
            throw Failure(
                .usage, "\"\(name)\" is no projection. There are: \(ReadModels.names.joined(separator: ", ")).")
        }
        let store = try Store(directory: try await data.directory, access: .readWrite)
        try ReadModels.remove(projections.isEmpty ? ReadModels.names : projections, in: store.readModelsDirectory)
        let models = try ReadModels(directory: store.readModelsDirectory)
        try Self.catchUp(models.projectors(of: store, logger: Logger(label: "daybook")), with: store)
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
