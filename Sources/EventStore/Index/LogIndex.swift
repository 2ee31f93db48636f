import Dispatch
import Foundation
package import Ledger
import Logging
import Synchronization

/// Where each stream ends and where each command key stands: derived from the log, made again when it is missing or
/// damaged.
///
/// The newest part is in memory. When it is large enough a thread of its own writes it down as a sorted run, and merges
/// runs of equal size, so that their number stays small and writing stays in sequence. After a crash the index reads
/// the log from the end of its runs on.
package final class LogIndex: Sendable {
    struct Options: Sendable {
        /// How many streams and keys wait in memory before they are written: some 25 MB.
        var pendingMax = 262_144
        /// Runs of one size before they become one of the next.
        var mergeWidth = 4
        /// Whether flushing runs on a thread of its own, beside the Writer.
        var flushesBeside = true
        /// The secret of an index that is made where there is none.
        var freshKey: @Sendable () -> DigestKey = DigestKey.random
    }

    /// What lookups ask, newest first.
    fileprivate struct State {
        var pending = DigestTable()
        var through = Position.start
        var throughChecksum: UInt32 = 0
        /// Being written down at this moment, with the record it ends with.
        var flushing: (table: DigestTable, through: Position, checksum: UInt32)?
        var runs: [SortedRun] = []
        /// How often it was made anew.
        var generation = 0
    }

    let digestKey: DigestKey
    private let files: any IndexFiles
    private let options: Options
    private let log: EventLog
    private let logger: Logger
    /// Another process writes the log and its index: what it wrote since is looked at before each answer.
    private let isFollowing: Bool
    private let following = Mutex(())
    private let state = Mutex(State())
    /// Held by whoever changes the files. Taken before `adding`, and that before `state`.
    private let maintenance: Mutex<IndexManifest>
    /// Held while entries are put in, so that none is lost where the index is made anew.
    private let adding = Mutex(())
    private let flusher = Mutex<(isRunning: Bool, failure: EventStoreError?)>((false, nil))

    /// Opens the index and brings it up to the log's head. One that is damaged or of another log is made anew.
    ///
    /// - Throws: `EventStoreError`: `directory` where it can't be read or written, `corrupt` for a damaged record.
    init(
        files: any IndexFiles, log: EventLog, readOnly: Bool, options: Options = Options(), logger: Logger
    ) throws {
        self.files = files
        self.log = log
        self.options = options
        self.logger = logger
        isFollowing = readOnly
        let found = try Self.load(files, log)
        if readOnly, found == nil { try Self.refuseToReadWithout(files, log) }
        let manifest = found?.manifest ?? IndexManifest(key: options.freshKey())
        digestKey = manifest.key
        maintenance = Mutex(manifest)
        var start = State()
        start.runs = found?.runs ?? []
        (start.through, start.throughChecksum) = (manifest.through, manifest.throughChecksum)
        do {
            // First of all: an old manifest that is found again after a crash must not find runs of the new index.
            if found == nil, !readOnly { try files.replace(IndexManifest.fileName, with: manifest.encoded) }
            if !readOnly { try Self.removeStrays(from: files, manifest) }
            try maintenance.withLock { manifest in
                let current = try caughtUp(start, &manifest)
                state.withLock { $0 = current }
            }
        } catch let damage as DamagedIndex {
            try rebuild(because: damage)
        } catch let error as FileError {
            throw Self.unwritable(error)
        }
    }

    // MARK: Asking

    /// The newest event of a stream; `.none` where it has none.
    package func head(of stream: StreamName) throws -> StreamHead {
        guard let record = try headRecord(of: stream) else { return .none }
        return StreamHead(position: record.position, version: record.version)
    }

    /// The newest record of a stream; nil where it has none.
    func headRecord(of stream: StreamName) throws -> Record? {
        try repairing {
            guard let position = try find([digestKey.digest(of: stream)])[0] else { return nil }
            guard let record = try log.record(at: position), record.stream == stream else {
                throw DamagedIndex("it leads from stream \(stream) to record \(position), which is not of that stream")
            }
            return record
        }
    }

    /// The first event of the command with this key; nil where no command had it.
    func position(ofKey key: Digest) throws -> Position? { try positions(ofKeys: [key])[0] }

    /// As above for many keys: together they cost less, because the memory answers several questions at once.
    func positions(ofKeys keys: [Digest]) throws -> [Position?] {
        try repairing { try find(keys) }
    }

    private func find(_ digests: [Digest]) throws -> [Position?] {
        if isFollowing { try follow() }
        var (positions, runs) = state.withLock { state in
            (digests.map { state.pending[$0] ?? state.flushing?.table[$0] }, state.runs)
        }
        runs.reverse()
        for run in runs { try run.find(digests, in: &positions) }
        return positions
    }

    /// The position up to which the index stands on the disk.
    package var checkpoint: Position { maintenance.withLock { $0.through } }

    package var sizeOnDiskBytes: Int { state.withLock { $0.runs.reduce(0) { $0 + $1.sizeBytes } } }

    // MARK: Growing

    /// Takes in records which are durable, in order; has them written down when enough wait.
    ///
    /// - Throws: why an earlier writing down failed, but for a full disk: then they wait in memory for the next time.
    func add(_ entries: some Sequence<IndexEntry>) throws {
        try flushWhenDue(adding.withLock { _ in insert(entries) })
    }

    /// Takes in what the log has and the index has not: where others than the Writer make the log grow.
    ///
    /// - Throws: as `add`; `EventStoreError` `corrupt` for a damaged record.
    func catchUp() throws {
        while let waiting = try adding.withLock({ _ in try insertNext() }) { try flushWhenDue(waiting) }
    }

    /// Returns how much waits in memory then; nil where the log has no more.
    private func insertNext() throws -> Int? {
        let records = try log.read(after: state.withLock { $0.through }, limit: 8_192)
        return records.isEmpty ? nil : insert(records.lazy.map { $0.indexEntry(self.digestKey) })
    }

    /// Returns how much waits in memory then.
    private func insert(_ entries: some Sequence<IndexEntry>) -> Int {
        state.withLock { state in
            state.insert(entries)
            return state.pending.count
        }
    }

    private func flushWhenDue(_ waiting: Int) throws {
        if let failure = flusher.withLock({ $0.failure }) { throw failure }
        guard waiting >= options.pendingMax else { return }
        options.flushesBeside ? flushBeside() : flushNoting()
    }

    /// Writes down what waits in memory. Durable when it returns.
    package func flush() throws {
        guard !isFollowing else { return }
        do {
            try maintenance.withLock { manifest in try writeDown(&manifest) }
        } catch let error as FileError {
            throw Self.fault(error)
        } catch let damage as DamagedIndex {
            do { try rebuild(because: damage) } catch let error as FileError { throw Self.fault(error) }
        }
    }

    private func flushBeside() {
        let isFirst = flusher.withLock { flusher in
            defer { flusher.isRunning = true }
            return !flusher.isRunning
        }
        guard isFirst else { return }
        BackgroundThread.start("daybook-index") { [self] in flushNoting() }
    }

    /// A failure is told to who adds next; but for a full disk, where what is in memory waits for the next time.
    private func flushNoting() {
        var failure: EventStoreError?
        do {
            try flush()
        } catch let error as EventStoreError {
            if error.code != .diskFull { failure = error }
        } catch {
            failure = Self.unwritable(error)
        }
        flusher.withLock { $0 = (false, failure) }
    }

    private func writeDown(_ manifest: inout IndexManifest) throws {
        // Large tables are made and let go outside of the lock: the Writer would wait for their memory.
        var spare = DigestTable(capacity: options.pendingMax)
        let flushing = state.withLock { state in
            if state.flushing == nil, state.pending.count > 0 {
                swap(&state.pending, &spare)
                state.flushing = (spare, state.through, state.throughChecksum)
            }
            return state.flushing
        }
        guard let flushing else { return }
        let run = try write(flushing.table.sorted, as: manifest.takeRunNumber())
        var next = manifest
        next.runs.append(run.number)
        (next.through, next.throughChecksum) = (flushing.through, flushing.checksum)
        try files.replace(IndexManifest.fileName, with: next.encoded)
        manifest = next
        state.withLock { state in
            state.runs.append(run)
            state.flushing = nil
        }
        withExtendedLifetime(flushing) {}
        try mergeRuns(state.withLock { $0.runs }, &manifest) { merged in state.withLock { $0.runs = merged } }
    }

    private func write(_ rows: [DigestTable.Row], as number: UInt64) throws -> SortedRun {
        var writer = SortedRunWriter(
            try files.create(IndexManifest.runName(number)), number: number, rowsMax: rows.count)
        for row in rows { try writer.append(row) }
        try writer.finish()
        return try Self.openRun(number, files)
    }

    /// As long as there are enough runs after the newest of one size, they become one of the next size.
    ///
    /// - Parameter use: told the runs of the manifest each time it has changed, before a file is removed.
    private func mergeRuns(
        _ runs: [SortedRun], _ manifest: inout IndexManifest, use: ([SortedRun]) -> Void
    ) throws {
        var runs = runs
        while let merging = dueForMerging(runs) {
            let merged = try merge(merging, as: manifest.takeRunNumber())
            var next = manifest
            next.runs = next.runs.dropLast(merging.count) + [merged.number]
            try files.replace(IndexManifest.fileName, with: next.encoded)
            manifest = next
            runs = runs.dropLast(merging.count) + [merged]
            use(runs)
            for run in merging { try files.remove(IndexManifest.runName(run.number)) }
        }
    }

    private func dueForMerging(_ runs: [SortedRun]) -> [SortedRun]? {
        func size(_ run: SortedRun) -> Int {
            var (size, rows) = (0, run.rowCount / options.pendingMax)
            while rows >= options.mergeWidth { (size, rows) = (size + 1, rows / options.mergeWidth) }
            return size
        }
        guard let newest = runs.last else { return nil }
        let merging = Array(runs.reversed().prefix { size($0) <= size(newest) }.reversed())
        return merging.count >= options.mergeWidth ? merging : nil
    }

    private func merge(_ merging: [SortedRun], as number: UInt64) throws -> SortedRun {
        var writer = SortedRunWriter(
            try files.create(IndexManifest.runName(number)), number: number,
            rowsMax: merging.reduce(0) { $0 + $1.rowCount })
        var merge = try RunMerge(merging)
        while let row = try merge.row() { try writer.append(row) }
        try writer.finish()
        return try Self.openRun(number, files)
    }

    // MARK: Opening and repairing

    /// The index as it was left; nil where there is none that can be used with this log.
    private static func load(
        _ files: any IndexFiles, _ log: EventLog
    ) throws -> (manifest: IndexManifest, runs: [SortedRun])? {
        do {
            guard let file = try files.open(IndexManifest.fileName), let manifest = IndexManifest(file),
                try manifest.through == .start
                    || log.record(at: manifest.through)?.checksum == manifest.throughChecksum
            else { return nil }
            return (manifest, try manifest.runs.map { try openRun($0, files) })
        } catch is DamagedIndex {
            return nil
        } catch let error as FileError {
            throw unwritable(error)
        }
    }

    /// Who only reads can't make an index. None at all is no harm where the log is short: it is made in memory.
    private static func refuseToReadWithout(_ files: any IndexFiles, _ log: EventLog) throws {
        let isForeign = (try? files.open(IndexManifest.fileName)).flatMap { $0 } != nil
        guard isForeign || log.headPosition.rawValue > readableWithoutMax else { return }
        throw EventStoreError(
            .directory,
            isForeign
                ? "The index in \(files.place) is damaged, or of another log than the one beside it. If the log is the right one, start daybook serve, which makes the index anew; if it was put back from a copy, put back the whole data directory."
                : "The index in \(files.place) is missing. Start daybook serve, which makes it anew.")
    }

    private static let readableWithoutMax: UInt64 = 1_000_000

    private static func openRun(_ number: UInt64, _ files: any IndexFiles) throws -> SortedRun {
        guard let file = try files.open(IndexManifest.runName(number)) else {
            throw DamagedIndex("run \(number) is missing")
        }
        return try SortedRun(file, number: number)
    }

    private static func fault(_ error: FileError) -> EventStoreError {
        error.isDiskFull ? .diskFull(cause: error) : unwritable(error)
    }

    private static func unwritable(_ error: any Error) -> EventStoreError {
        EventStoreError(
            .directory,
            "The index can't be read or written. The log is whole. Check the directory's owner, its permissions and the disk, and start again.",
            cause: error)
    }

    /// What a crash left half written, and what an older program wrote.
    private static func removeStrays(from files: any IndexFiles, _ manifest: IndexManifest) throws {
        let known = Set(manifest.runs.map(IndexManifest.runName) + [IndexManifest.fileName])
        do {
            for name in try files.names() where !known.contains(name) && !Snapshots.isSnapshot(name) {
                try files.remove(name)
            }
        } catch {
            throw unwritable(error)
        }
    }

    /// The state with everything in it that the log has; written down on the way where it grows too large.
    private func caughtUp(_ start: State, _ manifest: inout IndexManifest) throws -> State {
        var state = start
        while case let records = try log.read(after: state.through, limit: 8_192), !records.isEmpty {
            state.insert(records.lazy.map { $0.indexEntry(self.digestKey) })
            guard !isFollowing, state.pending.count >= options.pendingMax else { continue }
            let run = try write(state.pending.sorted, as: manifest.takeRunNumber())
            state.runs.append(run)
            manifest.runs.append(run.number)
            state.pending = DigestTable(capacity: options.pendingMax)
            (manifest.through, manifest.throughChecksum) = (state.through, state.throughChecksum)
            try files.replace(IndexManifest.fileName, with: manifest.encoded)
            try mergeRuns(state.runs, &manifest) { state.runs = $0 }
        }
        return state
    }

    /// Asks again after making the index anew, where the first answer met damage.
    private func repairing<Answer>(_ ask: () throws -> Answer) throws -> Answer {
        do {
            return try ask()
        } catch let damage as DamagedIndex {
            guard !isFollowing else {
                throw EventStoreError(
                    .directory,
                    "The index is damaged: \(damage). The process that writes to this directory makes it anew when it meets the damage or is started again."
                )
            }
            do { try rebuild(because: damage) } catch let error as FileError { throw Self.fault(error) }
            return try ask()
        }
    }

    /// Makes the index anew from the log, beside the old one; whoever adds to it waits.
    private func rebuild(because damage: DamagedIndex) throws {
        let seen = state.withLock { $0.generation }
        try maintenance.withLock { manifest in
            // Another thread may have met the same damage, and mended it meanwhile.
            guard state.withLock({ $0.generation }) == seen else { return }
            logger.error("the index is damaged and is made anew from the log", metadata: ["damage": "\(damage)"])
            try adding.withLock { _ in
                var fresh = IndexManifest(key: digestKey)
                fresh.nextRun = manifest.nextRun
                // Whatever becomes of it: no number is given twice.
                defer { manifest.nextRun = fresh.nextRun }
                var made = try caughtUp(State(), &fresh)
                made.generation = seen + 1
                try files.replace(IndexManifest.fileName, with: fresh.encoded)
                let old = manifest.runs
                manifest = fresh
                let current = made
                state.withLock { $0 = current }
                for number in old { try files.remove(IndexManifest.runName(number)) }
            }
        }
    }

    /// Takes in what another process appended since. What that process wrote to its index need not be kept here.
    private func follow() throws {
        try following.withLock { _ in
            try log.refreshHead()
            var current = state.withLock { $0 }
            guard current.through < log.headPosition else { return }
            var manifest = maintenance.withLock { $0 }
            if current.pending.count >= options.pendingMax, let newer = try Self.load(files, log),
                newer.manifest.through > manifest.through, newer.manifest.key == digestKey
            {
                manifest = newer.manifest
                current.runs = newer.runs
                current.pending.removeThrough(manifest.through)
            }
            current = try caughtUp(current, &manifest)
            let (followed, reached) = (manifest, current)
            maintenance.withLock { $0 = followed }
            state.withLock { $0 = reached }
        }
    }
}

extension LogIndex.State {
    mutating func insert(_ entries: some Sequence<IndexEntry>) {
        for entry in entries where entry.position > through {
            pending.set(entry.stream, entry.position)
            if let key = entry.key { pending.set(key, entry.position) }
            (through, throughChecksum) = (entry.position, entry.checksum)
        }
    }
}

// Checking.
extension LogIndex {
    /// Compares every stream and key of the index with the log, and calls `report` for each difference.
    package func verify(against log: EventLog, report: (String) -> Void) throws {
        for run in state.withLock({ $0.runs }) {
            do throws(DamagedIndex) { try run.verify() } catch {
                report("The index is damaged: \(error). \(Self.remedy)")
            }
        }
        var heads: [StreamName: StreamHead] = [:]
        var position = Position.start
        while case let records = try log.read(after: position, limit: 8_192), let last = records.last {
            for record in records {
                let before = heads[record.stream] ?? .none
                if record.previous != before.position || record.version.rawValue != before.version.rawValue + 1 {
                    report(
                        "Record \(record.position) does not follow record \(before.position) of stream \(record.stream)."
                    )
                }
                heads[record.stream] = StreamHead(position: record.position, version: record.version)
                if record.ordinal == 0, try asFound(digestKey.digest(ofKey: record.key)) != record.position {
                    report(
                        "The index does not know the command key \"\(record.key)\" of record \(record.position). \(Self.remedy)"
                    )
                }
            }
            position = last.position
        }
        for (stream, head) in heads where try asFound(digestKey.digest(of: stream)) != head.position {
            report(
                "The index has another end of stream \(stream) than the log, record \(head.position). \(Self.remedy)")
        }
    }

    private static let remedy = "Remove the index directory; it is made anew at the next start."

    /// Without repairing: a check must not mend what it finds.
    private func asFound(_ digest: Digest) throws -> Position? {
        do {
            return try find([digest])[0]
        } catch is DamagedIndex {
            return nil
        }
    }
}
