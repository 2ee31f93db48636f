import ArgumentParser
import EventStore
import Foundation
import JSON
import Projections

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the log's head, the lag of every projection and of the copy, and sizes.",
        discussion: "May run beside daybook serve.")

    @OptionGroup var data: DataOption
    @Flag(help: "As JSON, for programs.") var json = false

    func run() async throws {
        let store = try Store(directory: try await data.directory, access: .readOnly)
        let status = try Status(
            of: store, try ReadModels(directory: store.readModelsDirectory), copy(try await Settings.load()))
        if json {
            print(String(decoding: JSONWriter.object { status.write(to: &$0) }, as: UTF8.self))
            return
        }
        print("log         head \(Terminal.grouped(status.head.rawValue)), \(Terminal.bytes(status.logBytes))")
        print(
            "index       through \(Terminal.grouped(status.indexCheckpoint.rawValue)), \(Terminal.bytes(status.indexBytes))"
        )
        if let replica = status.replica {
            let lag = "\(Terminal.grouped(replica.lag)) behind"
            print("replica     \(replica.trouble ?? "position \(Terminal.grouped(replica.position.rawValue)), \(lag)")")
        }
        for projection in status.projections {
            let name = projection.name.padding(toLength: 11, withPad: " ", startingAt: 0)
            print(
                "\(name) v\(projection.version), position \(Terminal.grouped(projection.position.rawValue)), "
                    + "\(Terminal.grouped(projection.lag)) behind, \(Terminal.bytes(projection.sizeOnDiskBytes))")
        }
    }

    /// How the copy stands by its own word; nil where none is set.
    private func copy(_ settings: Settings) -> Replicator.Status? {
        guard let url = settings.postgresURL else { return nil }
        do {
            let position = try Replica(reading: url).head().position
            return Replicator.Status(mode: settings.replication, position: position, trouble: nil)
        } catch {
            return Replicator.Status(mode: settings.replication, position: .start, trouble: "not to be asked: \(error)")
        }
    }
}
