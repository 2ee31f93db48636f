package import EventStore
import Foundation
import Ledger
import Synchronization

/// Builds read models anew beside the live ones, all of them over one reading of the log, and has them asked instead.
///
/// Neither queries nor commands wait for it. Killed at any moment it goes on where it was when it is started again; nothing
/// but the directory `building` is touched before a file is whole. After a power cut it begins again.
package struct ReadModelBuild: ~Copyable {
    private let store: Store
    private let lock: DirectoryLock
    private let files: [ReadModelFile]
    private let source: Source
    private let spent: Spent

    /// How many records one transaction takes in.
    package static let chunkRecords = 131_072

    /// - Parameters:
    ///   - names: of projections; each must be one of `ReadModels.names`.
    ///   - chunkRecords: smaller where a test wants more transactions.
    /// - Throws: `EventStoreError.directory` where another process rebuilds, or a file can't be made.
    package init(_ names: [String], of store: Store, chunkRecords: Int = Self.chunkRecords) throws {
        let projections = ReadModels.projections.filter { names.contains($0.name) }
        try self.init(projections, of: store, in: store.readModelsDirectory, chunkRecords: chunkRecords)
    }

    /// - Parameter place: the directory of the read models, or one where nobody looks for any.
    init(
        _ projections: [any Projection.Type], of store: Store, in place: String, chunkRecords: Int = Self.chunkRecords
    ) throws {
        let lock = try Self.lock(place)
        let directory = Self.directory(in: place)
        try Self.discardOtherRun(in: directory)
        files = try projections.map { try Self.open($0, in: directory, of: store) }
        spent = Spent(projections.count)
        source = Source(
            store: store, categories: projections.reduce(into: []) { $0.formUnion($1.categories) },
            chunkRecords: chunkRecords)
        self.lock = lock
        self.store = store
    }

    /// Held by the one who decides which files are live, from the first to the last of his doings.
    static func lock(_ readModelsDirectory: String) throws -> DirectoryLock {
        let directory = directory(in: readModelsDirectory)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        return try DirectoryLock(directory: directory, use: "builds or switches read models in")
    }

    private static func directory(in readModelsDirectory: String) -> String { readModelsDirectory + "/building" }

    /// Where it begins: behind 0 where an earlier run was ended.
    package func begin() throws -> Position {
        try files.map { try $0.checkpoint().position }.min() ?? .start
    }

    /// Feeds all files up to a position, or the head of the log where that comes first. What `progress` throws ends it, and it
    /// may go on later.
    package func run(
        through last: Position = Position(rawValue: .max), progress: (Position) throws -> Void = { _ in }
    ) throws {
        var chunk = try source.chunk(behind: try begin(), through: last)
        while let current = chunk {
            chunk = try advance(with: current, through: last)
            try progress(current.through)
            source.spare.put(current)
        }
    }

    /// Compares each file, row by row by key, with the live one, both at the same position, which a server at work reaches by
    /// itself. Calls `report` for each difference, for `limit` of each kind and table at most.
    ///
    /// - Parameter table: told of each table, as `orders.progress`, and of its rows, before it is compared.
    /// - Returns: what could not be compared, because the live file is of the version before and has it not: tables and columns, as
    ///   `orders.progress.changed_at`.
    /// - Throws: `EventStoreError.directory` where a live file does not come so far.
    @discardableResult
    package func compare(
        limit: Int = 20, table: (_ name: String, _ rows: Int) -> Void = { _, _ in }, report: (RowDifference) -> Void
    ) throws -> [String] {
        try files.flatMap { file in
            try ReadModelComparison(file: file, store: store).run(limit: limit, table: table, report: report)
                .map { "\(file.projection.name).\($0)" }
        }
    }

    /// Makes the files whole and has each asked in place of the live one of its read model.
    package consuming func finish() throws {
        try finishBuilding()
        for file in files {
            let live = LiveFiles(of: file.projection, in: store.readModelsDirectory)
            try live.removeStrays()
            let name = try live.unusedName()
            try DurableFile.move(file.path, to: store.readModelsDirectory + "/" + name)
            try SwitchRequest(of: file.projection, in: store.readModelsDirectory).carryOut(name, of: store)
        }
    }

    /// Makes the files whole for whoever wants to look at them, as `sales.sqlite` in a directory. Returns their paths.
    consuming func finish(in directory: String) throws -> [String] {
        try finishBuilding()
        return try files.map { file in
            let path = "\(directory)/\(file.projection.name).sqlite"
            try ReadModelFile.remove(path)
            try DurableFile.move(file.path, to: path)
            return path
        }
    }

    /// Every file takes the chunk in while the next one is read. Who took longest with the last chunk begins first, so that the
    /// processors end together.
    private func advance(with chunk: EventChunk, through last: Position) throws -> EventChunk? {
        let (files, source) = (files, source)
        let order = files.indices.sorted { spent.value($0) > spent.value($1) }
        let outcome = Outcome()
        BackgroundThread.divide(files.count + 1) { [spent] turn in
            do {
                if turn == 0 {
                    outcome.next(try source.chunk(behind: chunk.through, through: last))
                } else {
                    let (file, begin) = (order[turn - 1], ContinuousClock.now)
                    try files[file].take(chunk)
                    spent.set(file, .now - begin)
                }
            } catch {
                outcome.failed(error)
            }
        }
        return try outcome.get()
    }

    /// What all files are fed from.
    private struct Source: Sendable {
        let store: Store
        let categories: Set<Category>
        let chunkRecords: Int
        /// A chunk that was taken in by all.
        let spare = Spare()

        /// Nil at the end.
        func chunk(behind position: Position, through last: Position) throws -> EventChunk? {
            guard position < last else { return nil }
            let left = Int(clamping: last.rawValue - position.rawValue)
            return try EventChunk(
                of: store, after: position, limit: min(chunkRecords, left), of: categories, reusing: spare.take())
        }
    }

    private final class Spare: Sendable {
        private let chunk = Mutex<EventChunk?>(nil)

        func put(_ chunk: EventChunk) { self.chunk.withLock { $0 = chunk } }
        func take() -> EventChunk? { chunk.withLock { $0.take() } }
    }

    /// All files at the same time, the largest first.
    private func finishBuilding() throws {
        let files = files.sorted { $0.sizeOnDiskBytes > $1.sizeOnDiskBytes }
        let outcome = Outcome()
        BackgroundThread.divide(files.count) { turn in
            do {
                try files[turn].finishBuilding()
            } catch {
                outcome.failed(error)
            }
        }
        _ = try outcome.get()
    }

    /// What becomes of a chunk, told by several threads.
    private final class Outcome: Sendable {
        private let state = Mutex<(next: EventChunk?, error: (any Error)?)>((nil, nil))

        func next(_ chunk: EventChunk?) { state.withLock { $0.next = chunk } }
        func failed(_ error: any Error) { state.withLock { $0.error = $0.error ?? error } }

        func get() throws -> EventChunk? {
            let (next, error) = state.withLock { $0 }
            if let error { throw error }
            return next
        }
    }

    /// What each file took for the last chunk.
    private final class Spent: Sendable {
        private let durations: Mutex<[Duration]>

        init(_ count: Int) { durations = Mutex(Array(repeating: .zero, count: count)) }

        func value(_ file: Int) -> Duration { durations.withLock { $0[file] } }
        func set(_ file: Int, _ duration: Duration) { durations.withLock { $0[file] = duration } }
    }

    /// What an earlier run of the machine left may lack pages that it had not written to the disk.
    private static func discardOtherRun(in directory: String) throws {
        let path = directory + "/run"
        let run = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? UUID().uuidString
        guard (try? String(contentsOfFile: path, encoding: .utf8)) != run else { return }
        for file in try FileManager.default.contentsOfDirectory(atPath: directory) where file.hasSuffix(".sqlite") {
            try ReadModelFile.remove(directory + "/" + file)
        }
        try DurableFile.write(run, to: path)
    }

    private static func open(
        _ projection: any Projection.Type, in directory: String, of store: Store
    ) throws -> ReadModelFile {
        let path = path(of: projection, in: directory)
        let parkings = ParkingRecord(of: projection, in: store.directory)
        if let file = try? ReadModelFile(projection, path: path, parkings: parkings, for: .building),
            (try? file.demandBelonging(to: store.log)) != nil, (try? file.demandOnlyParked()) != nil
        {
            return file
        }
        // Of another log, or not what was written, or without events that were parked then: it costs only time to begin again.
        try ReadModelFile.remove(path)
        return try ReadModelFile(projection, path: path, parkings: parkings, for: .building)
    }

    private static func path(of projection: any Projection.Type, in directory: String) -> String {
        "\(directory)/\(projection.name)-v\(projection.version).sqlite"
    }

    /// Where a rebuild stands that was ended; nil where there is none.
    static func reached(_ projection: any Projection.Type, of store: Store) throws -> Position? {
        let path = path(of: projection, in: directory(in: store.readModelsDirectory))
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try ReadModelFile(projection, path: path, for: .building).checkpoint().position
    }
}
