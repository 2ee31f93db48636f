package import EventStore
import Foundation

extension ReadModels {
    /// Builds read models as of a position into files of their own, a fork to look at: whole, with all indexes, and fed by nobody.
    /// The read models of the store are not touched.
    ///
    /// - Parameters:
    ///   - names: each must be one of `names`.
    ///   - directory: is made. A file of an earlier fork there is replaced.
    /// - Returns: where the files are, `DIRECTORY/NAME.sqlite`.
    package static func fork(
        _ names: [String], of store: Store, through last: Position, into directory: String,
        progress: (Position) -> Void = { _ in }
    ) throws -> [String] {
        let workplace = directory + "/fork"
        try? FileManager.default.removeItem(atPath: workplace)  // What a process left that ended here.
        defer { try? FileManager.default.removeItem(atPath: workplace) }
        let build = try ReadModelBuild(projections.filter { names.contains($0.name) }, of: store, in: workplace)
        try build.run(through: last, progress: progress)
        return try build.finish(in: directory)
    }
}
