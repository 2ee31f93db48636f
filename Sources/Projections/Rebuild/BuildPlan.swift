package import EventStore
import Foundation

/// What a rebuild would do, before anything is touched.
package struct BuildPlan: Sendable {
    package struct Model: Sendable {
        package let name: String
        package let version: Int
        /// Of the live file, as the new one will be; 0 where there is none.
        package let bytes: Int
    }

    package let models: [Model]
    /// Events that are to be read.
    package let events: Int
    /// By how quickly a part of the log was taken in just now, with the disk and the load of now; indexes not included.
    package let expected: Duration
    /// Beside the live files, while it lasts and for a day.
    package var bytesNeeded: Int { models.reduce(0) { $0 + $1.bytes } }
    /// Free where the read models are.
    package let bytesFree: Int

    /// - Parameter names: of projections.
    package init(_ names: [String], of store: Store) throws {
        let directory = store.readModelsDirectory
        let projections = ReadModels.projections.filter { names.contains($0.name) }
        models = projections.map { projection in
            let live = LiveFiles(of: projection, in: directory)
            let path = (try? live.names().live).map(live.path) ?? ""
            let bytes = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
            return Model(name: projection.name, version: projection.version, bytes: bytes)
        }
        events = Int(store.log.headPosition.rawValue)
        let attributes = try FileManager.default.attributesOfFileSystem(forPath: store.directory)
        bytesFree = attributes[.systemFreeSize] as? Int ?? 0
        expected = try Self.expected(projections, of: store, events)
    }

    /// Takes in the first events into files of its own, which it removes.
    private static func expected(
        _ projections: [any Projection.Type], of store: Store, _ events: Int
    ) throws -> Duration {
        let sample = store.readModelsDirectory + "/planning"
        try? FileManager.default.removeItem(atPath: sample)  // What a process left that ended here.
        defer { try? FileManager.default.removeItem(atPath: sample) }
        let build = try ReadModelBuild(projections, of: store, in: sample)
        let begin = ContinuousClock.now
        var taken = 0
        struct Enough: Error {}
        do {
            try build.run { position in
                taken = Int(position.rawValue)
                throw Enough()
            }
        } catch is Enough {}
        return taken == 0 ? .zero : (ContinuousClock.now - begin) * (Double(events) / Double(taken))
    }
}
