package import EventStore
import Foundation

/// Asks whoever feeds a read model, perhaps another process, to have another of its files asked: `NAME-vVERSION.switch` in the
/// directory of the read models, which names the file. It is answered in `….switched`: empty, or why it was not done.
struct SwitchRequest {
    private let projection: any Projection.Type
    private let directory: String
    private var path: String { "\(directory)/\(projection.name)-v\(projection.version).switch" }
    private var answerPath: String { path + "ed" }

    init(of projection: any Projection.Type, in directory: String) {
        self.projection = projection
        self.directory = directory
    }

    var isThere: Bool { access(path, F_OK) == 0 }

    /// Has it done by the process that feeds the read models, or here where there is none.
    ///
    /// - Throws: `EventStoreError.directory` where it was not done, with the reason.
    func carryOut(_ fileName: String, of store: Store, within timeout: Duration = .seconds(60)) throws {
        let files = LiveFiles(of: projection, in: directory)
        // Of a version that no process asks yet: a program that is to be deployed.
        guard try files.livePath() != nil else { return try files.replace(with: fileName) }
        if let lock = try? ReadModels.lock(directory) {
            defer { withExtendedLifetime(lock) {} }
            return try carryOutHere(fileName, of: store)
        }
        try? FileManager.default.removeItem(atPath: answerPath)
        try DurableFile.write(fileName, to: path)
        let end = ContinuousClock.now + timeout
        while ContinuousClock.now < end {
            if let answer = try? String(contentsOfFile: answerPath, encoding: .utf8) {
                try? FileManager.default.removeItem(atPath: answerPath)
                guard answer.isEmpty else { throw EventStoreError(.directory, answer) }
                return
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
        try? FileManager.default.removeItem(atPath: path)
        throw EventStoreError(
            .directory,
            "The process that feeds the read models in \(directory) did not take \(fileName) within \(timeout). Nothing was changed; see its log, and ask again."
        )
    }

    private func carryOutHere(_ fileName: String, of store: Store) throws {
        guard let model = try? ReadModel(projection, directory: directory),
            (try? model.live.demandBelonging(to: store.log)) != nil
        else {
            // Damaged, or of another log: nothing to go back to.
            return try LiveFiles(of: projection, in: directory).replace(with: fileName)
        }
        try model.switchLive(to: fileName, from: store)
    }

    /// For the one who feeds the model.
    ///
    /// - Throws: what kept it from being done.
    func answer(by model: ReadModel, _ store: Store) throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            try model.switchLive(to: String(contentsOfFile: path, encoding: .utf8), from: store)
            try DurableFile.write("", to: answerPath)
        } catch {
            try DurableFile.write("\(error)", to: answerPath)
            throw error
        }
    }
}

extension ReadModel {
    /// Has queries ask another file, brought up to where this one stands; the one that was asked is kept. For the one who
    /// feeds the model.
    ///
    /// - Throws: where the file is not there, is of another log, or can't be fed; nothing was changed then.
    func switchLive(to name: String, from store: Store) throws {
        let files = LiveFiles(of: projection, in: directory)
        let names = try files.names()
        guard name != names.live else { return }
        let (kept, isKept) = (current.previous, name == names.previous)
        let file = try isKept ? kept ?? files.file(name) : files.file(name)
        try file.demandBelonging(to: store.log)
        var position = try file.checkpoint().position
        while position.rawValue < watermark.value {
            let taken = try Projector.feed(file, behind: position, from: store)
            guard taken > 0 else { break }
            position = position.advanced(by: taken)
        }
        if watermark.value == 0 {
            try files.replace(with: name)
            use(Files(live: file))
        } else {
            use(try files.switchLive(to: name, file, from: current))
        }
        watermark.advance(to: position.rawValue)
        isBeingBuilt = false
    }
}

extension ReadModels {
    /// Has the file asked that was asked before the last rebuild. It was fed meanwhile. Twice is there and back.
    ///
    /// - Throws: `EventStoreError.directory` where there is none, or it can't be done; nothing was changed then.
    package static func rollBack(_ name: String, of store: Store) throws {
        guard let projection = projections.first(where: { $0.name == name }) else {
            throw EventStoreError(
                .directory, "\"\(name)\" is no projection. There are: \(names.joined(separator: ", ")).")
        }
        let directory = store.readModelsDirectory
        let lock = try ReadModelBuild.lock(directory)
        defer { withExtendedLifetime(lock) {} }
        guard let previous = try LiveFiles(of: projection, in: directory).names().previous else {
            throw EventStoreError(
                .directory,
                "There is nothing to go back to: \(name) was not rebuilt in the last day. Nothing was changed.")
        }
        try SwitchRequest(of: projection, in: directory).carryOut(previous, of: store)
    }
}
