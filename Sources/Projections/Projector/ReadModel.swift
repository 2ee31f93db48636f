package import EventStore
import Foundation
package import GRDB
import Ledger
import Synchronization

/// What a projection makes of the log, and how far it has come: a file that is asked, and for a while after a rebuild the one
/// that was asked before.
package final class ReadModel: Sendable {
    let projection: any Projection.Type
    let directory: String
    /// Everything up to this position can be queried.
    package let watermark = Watermark()
    private let files: Mutex<Files>
    private let failure = Mutex<ProjectionFailure?>(nil)
    private let wholeFrom = Mutex<UInt64>(0)
    private let building = Mutex(false)
    /// When to look whether another process has switched; nil where this one feeds the model.
    private let nextLook = Mutex<ContinuousClock.Instant?>(.now)

    struct Files {
        var live: ReadModelFile
        /// Fed as well, so that queries can go back to it at once.
        var previous: ReadModelFile?
        /// When that is no longer done.
        var previousUntil: Date?
    }

    private static let lookEvery = Duration.milliseconds(100)

    /// Opens the live file of a projection in `directory`, creating it where there is none.
    package init(_ projection: any Projection.Type, directory: String) throws {
        self.projection = projection
        self.directory = directory
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        files = Mutex(try LiveFiles(of: projection, in: directory).open())
        watermark.advance(to: try checkpoint().position.rawValue)
    }

    package var name: String { projection.name }
    package var version: Int { live.projection.version }
    /// Where the rows are that are asked.
    package var path: String { live.path }
    /// The kinds of streams whose events it takes.
    var categories: Set<Category> { live.projection.categories }

    var current: Files { files.withLock { $0 } }
    var live: ReadModelFile { current.live }

    /// Has queries ask other files from now on; those in hand end where they began.
    func use(_ changed: Files) { files.withLock { $0 = changed } }

    /// This process feeds the model: nobody else switches. Why the one before it stopped holds until this one can go on.
    func isFedHere() {
        nextLook.withLock { $0 = nil }
        let recorded = try? recordedFailure()
        failure.withLock { $0 = recorded }
    }

    /// Asks the file that is live now, should another process have switched.
    private func lookForSwitch() throws {
        let isDue = nextLook.withLock { next in
            guard let due = next, due <= .now else { return false }
            next = .now + Self.lookEvery
            return true
        }
        guard isDue else { return }
        let files = LiveFiles(of: projection, in: directory)
        if try files.path(of: files.names().live) != live.path { use(try files.open()) }
    }

    /// Reads a consistent state. Blocks the calling thread; meant for short queries.
    package func read<R>(_ body: (Database) throws -> R) throws -> R {
        try lookForSwitch()
        return try live.read(body)
    }

    func write<R>(_ body: (Database) throws -> R) throws -> R { try live.write(body) }

    package func checkpoint() throws -> Checkpoint { try read { try Checkpoint.load(from: $0) } }

    /// Waits until the rows are at `position` or beyond, whichever process feeds them. False after `timeout`.
    package func reached(_ position: UInt64, within timeout: Duration) async throws -> Bool {
        let end = ContinuousClock.now + timeout
        while true {
            // Told at once by a projector of this process; another one's work is looked at now and then.
            let slice = min(.milliseconds(50), max(.zero, end - .now))
            if await watermark.reached(position, within: slice) { return true }
            watermark.advance(to: try checkpoint().position.rawValue)
            if watermark.value >= position { return true }
            guard !Task.isCancelled, ContinuousClock.now < end else { return false }
        }
    }

    /// Has nothing be answered before the rows are at `position`: less of them would be a wrong answer.
    func answersNothing(before position: Position) { wholeFrom.withLock { $0 = position.rawValue } }

    /// Waits until it can answer at all: not before a new file has what the log had when it was opened. False after `timeout`.
    package func isWhole(within timeout: Duration) async throws -> Bool {
        let from = wholeFrom.withLock { $0 }
        guard from > 0 else { return true }
        guard try await reached(from, within: timeout) else { return false }
        wholeFrom.withLock { $0 = 0 }
        return true
    }

    /// While it is, nobody else feeds it.
    package internal(set) var isBeingBuilt: Bool {
        get { building.withLock { $0 } }
        set { building.withLock { $0 = newValue } }
    }

    /// Why the model does not go on; nil while it does. It answers from what it has meanwhile. Written down in the file, too, so that
    /// other processes know.
    package var stoppedBy: ProjectionFailure? {
        get { failure.withLock { $0 } }
        set {
            let before = failure.withLock { failure in
                defer { failure = newValue }
                return failure
            }
            // Where that can't be written nothing else can, and it is told here all the same.
            if before != newValue { try? write { try ProjectionFailure.save(newValue, in: $0) } }
        }
    }

    /// The same by the word of whichever process feeds the model.
    package func recordedFailure() throws -> ProjectionFailure? { try read { try ProjectionFailure.load(from: $0) } }

    package var sizeOnDiskBytes: Int { live.sizeOnDiskBytes }
}
