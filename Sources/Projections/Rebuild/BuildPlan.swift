package import EventStore
import Foundation

extension ReadModels {
    /// The projections whose rows a data directory does not have yet in the version of this program.
    package static func missing(of store: Store) throws -> [String] {
        guard store.log.headPosition != .start else { return [] }
        return try projections.filter { projection in
            guard try LiveFiles(of: projection, in: store.readModelsDirectory).livePath() != nil else { return true }
            return try ReadModel(projection, directory: store.readModelsDirectory).checkpoint().position == .start
        }.map { $0.name }
    }
}

extension ReadModels {
    /// Which version of each read model this program asks, how far that is, nil where it is missing, and which older one is there.
    package static func versions(
        of store: Store
    ) throws -> [(name: String, version: Int, position: Position?, before: Int?)] {
        let missing = try missing(of: store)
        return try projections.map { projection in
            let files = LiveFiles(of: projection, in: store.readModelsDirectory)
            let position =
                missing.contains(projection.name)
                ? nil : try ReadModel(projection, directory: store.readModelsDirectory).checkpoint().position
            return (projection.name, projection.version, position, try files.ofVersionBefore()?.version)
        }
    }
}

/// What a rebuild would do, before anything is touched.
package struct BuildPlan: Sendable {
    package struct Model: Sendable {
        package let name: String
        package let version: Int
        /// The one that is there; nil where it is this one, or there is none.
        package let versionBefore: Int?
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
        models = try projections.map { projection in
            let live = LiveFiles(of: projection, in: directory)
            let own = try live.livePath()
            let before = own == nil ? try live.ofVersionBefore() : nil
            let path = try own ?? before?.livePath()
            let bytes = try path.map { try FileManager.default.attributesOfItem(atPath: $0)[.size] as? Int ?? 0 }
            return Model(
                name: projection.name, version: projection.version, versionBefore: before?.version, bytes: bytes ?? 0)
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
