import ArgumentParser
import EventStore
import Projections

extension Migrate {
    struct RollBack: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rollback",
            abstract: "Answer from the read models that were there before the last rebuild.",
            discussion: """
                They were fed meanwhile, for a day: it is done at once, and what is answered is as new as ever. Once more goes
                forward again. daybook serve may run, or not.
                """)

        @OptionGroup var data: DataOption
        @Argument(help: "Which: \(ReadModels.names.joined(separator: ", ")).") var projections: [String]

        func run() async throws {
            let names = try ReadModels.requireNames(projections)
            let store = try Store(directory: try await data.directory, access: .readOnly)
            for name in names {
                try ReadModels.rollBack(name, of: store)
                print("\(name) is answered as before the last rebuild")
            }
        }
    }
}
