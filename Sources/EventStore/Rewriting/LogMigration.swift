import CLinux
import Foundation
package import Logging

/// A data directory made of another one as some edits have it, held against it, and put in its place.
///
/// All but the last step is done beside a server at work. In the last one, which waits until no process writes to the old
/// directory, the rest is taken over, and both directories change their names in one step: whatever happens, one whole
/// shop is under the old name. The other stays, as it was.
package final class LogMigration {
    package let edits: LogEdits
    private let file: [UInt8]
    private let directory: String
    private let newDirectory: String
    private let source: Store
    /// What is made. Its log grows with each `advance`.
    package let target: Store
    private let rewriter: LogRewriter
    private var check: RewriteCheck
    private var checkedNew = Position.start
    private var checkedOld = Position.start
    private var lock: DirectoryLock?

    /// Marks a directory that is made anew by the next try.
    private static let unfinishedName = "unfinished"
    private static let editsName = "/edits.json"

    /// - Parameters:
    ///   - file: of edits.
    ///   - source: the store of the old directory, which others may write to.
    ///   - newDirectory: beside the old one, on the same file system. What an earlier try left there is begun anew.
    /// - Throws: `InvalidEdits`; `EventStoreError.directory` where the new directory has something else.
    package init(_ file: [UInt8], of source: Store, into newDirectory: String, logger: Logger) throws {
        edits = try LogEdits(file)
        self.file = file
        directory = try Self.resolved(source.directory)
        self.newDirectory = newDirectory
        self.source = source
        if FileManager.default.contents(atPath: directory + Self.editsName) == Data(file) {
            throw InvalidEdits("\(directory) was made by these edits; there is nothing to do")
        }
        let transformation = try LogTransformation(edits) { try source.registration(of: $0) }
        try Self.clear(newDirectory)
        try FileManager.default.createDirectory(
            atPath: newDirectory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        try DurableFile.write("", to: newDirectory + "/" + Self.unfinishedName)
        target = try Store(directory: newDirectory, access: .readWrite, logger: logger)
        rewriter = LogRewriter(transformation, from: source, into: target)
        check = RewriteCheck(edits)
    }

    package var dropped: Int { rewriter.dropped }
    package var added: Int { rewriter.added }
    /// The head of the old log.
    package var head: Position { source.log.headPosition }
    /// How far the old log was taken over.
    package var position: Position { rewriter.position }

    /// Takes over everything that the old log has by now.
    ///
    /// - Parameter progress: is told the position in the old log.
    /// - Throws: `InvalidEdits` where an event can't be changed as the edits want it.
    package func advance(progress: (Position) -> Void = { _ in }) throws {
        try rewriter.advance(progress: progress)
    }

    /// Holds what was taken over against the old log.
    ///
    /// - Parameter progress: is told how many events of both logs were read.
    /// - Returns: what differs that must not; empty where the new log can take the old one's place.
    package func differences(progress: (Int) -> Void = { _ in }) throws -> [String] {
        var count = 0
        func counted() {
            count += 1
            if count.isMultiple(of: 4_096) { progress(count) }
        }
        try Self.each(of: source, after: &checkedOld, through: rewriter.position) {
            check.addOld($0)
            counted()
        }
        try Self.each(of: target, after: &checkedNew, through: target.log.headPosition) {
            check.addNew($0)
            counted()
        }
        progress(count)
        return check.differences(dropped: rewriter.dropped, added: rewriter.added)
    }

    private static func each(
        of store: Store, after position: inout Position, through last: Position, _ body: (Recorded) -> Void
    ) throws {
        while position < last {
            let limit = min(8_192, Int(last.rawValue - position.rawValue))
            for record in try store.log.read(after: position, limit: limit) {
                body(Recorded(record: record, event: try store.events.event(of: record)))
                position = record.position
            }
        }
    }

    /// Waits until no other process writes to the old directory; none can until this one ends.
    ///
    /// - Parameter waiting: called once where somebody writes now.
    package func waitForWriter(_ waiting: () -> Void = {}) throws {
        if let lock = try? DirectoryLock(directory: directory, use: "changes the log in") {
            self.lock = lock
            return
        }
        waiting()
        lock = try DirectoryLock(directory: directory, use: "changes the log in", waits: true)
    }

    /// Where somebody goes on in the new log who has everything of the old one up to a position.
    package func through(_ old: Position) -> Position { rewriter.map.through(old) }

    /// Puts the new directory in the old one's place, which is then under the new one's name. After `waitForWriter`, and an
    /// `advance` without differences. Killed at any moment, one whole shop is under the old name, and either what the new one
    /// has is begun anew by the next try, or the old one is known to be kept.
    package func exchange() throws {
        precondition(lock != nil, "nobody writes to the old log")
        try DurableFile.write(rewriter.map.csv, to: newDirectory + "/positions.csv")
        let record = LogMigrationRecord(
            reason: edits.reason, wasThrough: rewriter.position.rawValue, isThrough: target.log.headPosition.rawValue,
            dropped: rewriter.dropped, added: rewriter.added)
        try record.write(to: newDirectory)
        try DurableFile.write(String(decoding: file, as: UTF8.self), to: newDirectory + Self.editsName)
        // Means nothing until they have changed places.
        try SupersededMark(of: directory).write(directory)
        try Self.exchange(directory, newDirectory)
        try FileManager.default.removeItem(atPath: directory + "/" + Self.unfinishedName)
    }

    /// Removes what an earlier try left; anything else is refused.
    private static func clear(_ directory: String) throws {
        let files = FileManager.default
        guard let found = try? files.contentsOfDirectory(atPath: directory) else { return }
        // The mark may have been half written.
        let isUnfinished = found.contains(unfinishedName) || Set(found).isSubset(of: [unfinishedName + ".new"])
        guard isUnfinished, !SupersededMark(of: directory).isThere else {
            throw EventStoreError(
                .directory,
                "\(directory) is there already, and was not left by an interrupted migration. Name another, with --into, or remove it."
            )
        }
        // The mark last: who is killed here must be able to go on.
        for name in found where name != unfinishedName { try files.removeItem(atPath: directory + "/" + name) }
        try files.removeItem(atPath: directory)
    }

    private static func resolved(_ directory: String) throws -> String {
        try Store.requireData(in: directory)
        return URL(filePath: directory).resolvingSymlinksInPath().path
    }
}

// Going back.
extension LogMigration {
    /// Puts the directory that a migration left under `newDirectory` in its place again.
    ///
    /// - Parameter leavesBehind: even where events were appended since, which are then not in it.
    /// - Throws: `EventStoreError.directory` where it is not such a directory, where another process writes to either, or where
    ///   events would be left behind.
    package static func goBack(_ directory: String, _ newDirectory: String, leavesBehind: Bool) throws {
        let directory = try resolved(directory)
        guard SupersededMark(of: newDirectory).isThere, let record = try LogMigrationRecord(of: directory)
        else {
            throw EventStoreError(
                .directory,
                "\(newDirectory) is not what a migration of the log in \(directory) left. Name that directory with --into."
            )
        }
        let locks = [
            try DirectoryLock(directory: directory, use: "writes to the data directory"),
            try DirectoryLock(directory: newDirectory, use: "writes to the data directory"),
        ]
        defer { withExtendedLifetime(locks) {} }
        let head = try Store(directory: directory, access: .readOnly).log.headPosition.rawValue
        guard leavesBehind || head == record.isThrough else {
            throw EventStoreError(
                .directory,
                "\(head - record.isThrough) events were appended since the log was migrated; the old one does not have them. With --leave-behind it takes its place all the same, and they stay in \(newDirectory)."
            )
        }
        try exchange(directory, newDirectory)
        try SupersededMark(of: directory).removeWhereMeaningless()
    }

    /// - Throws: `EventStoreError.directory` where the two can't change places.
    private static func exchange(_ directory: String, _ other: String) throws {
        guard daybook_exchange(directory, other) == 0 else {
            throw EventStoreError(
                .directory,
                "\(directory) and \(other) can't change places: \(String(cString: strerror(errno))). Both have to be on one file system, and neither one's root."
            )
        }
        try DurableFile.synchronizeDirectory(of: directory)
        try DurableFile.synchronizeDirectory(of: other)
    }
}

/// What was done to a log and why: stays in its directory, beside the edits and `positions.csv`.
package struct LogMigrationRecord: Codable {
    package let reason: String
    /// The head of the log it was made of.
    package let wasThrough: UInt64
    /// The head of the log when it took that one's place.
    package let isThrough: UInt64
    package let dropped: Int
    package let added: Int

    private static let name = "/log-migration.json"

    init(reason: String, wasThrough: UInt64, isThrough: UInt64, dropped: Int, added: Int) {
        (self.reason, self.wasThrough, self.isThrough) = (reason, wasThrough, isThrough)
        (self.dropped, self.added) = (dropped, added)
    }

    /// Nil where the log was made of no other.
    package init?(of directory: String) throws {
        guard let file = FileManager.default.contents(atPath: directory + Self.name) else { return nil }
        self = try JSONDecoder().decode(Self.self, from: file)
    }

    func write(to directory: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        try DurableFile.write(String(decoding: try encoder.encode(self), as: UTF8.self), to: directory + Self.name)
    }
}
