package import EventStore
import Foundation
import GRDB
import Ledger

/// A row that is not the same in a rebuilt read model as in the live one.
package struct RowDifference: Sendable, CustomStringConvertible {
    package let model: String
    package let table: String
    /// The columns of the key, and its values.
    package let key: [(column: String, value: String)]
    /// Which columns differ; nil for a row that is missing on one side.
    package let columns: [(name: String, live: String, rebuilt: String)]?
    package let isMissingFromLive: Bool
    /// Whose events made the row, where that can be told by the key.
    package let stream: (name: String, newest: Position)?

    package var description: String {
        let what =
            columns.map { columns in
                columns.map { "\($0.name) is \($0.live), rebuilt \($0.rebuilt)" }.joined(separator: "; ")
            } ?? (isMissingFromLive ? "only rebuilt" : "only live")
        let row = key.map { "\($0.column) = \($0.value)" }.joined(separator: ", ")
        let made = stream.map { " Made by \($0.name), whose newest event is at position \($0.newest)." } ?? ""
        return "\(model).\(table) (\(row)): \(what).\(made)"
    }
}

/// Compares a file that was rebuilt with the live one, row by row by key, both at the same position. A version that was never asked is
/// compared with the one before it, which its own program feeds: in the columns that both have, and that are not expected to differ.
struct ReadModelComparison {
    let file: ReadModelFile
    let store: Store
    /// For so long the one who feeds the live file may be behind.
    private static let patience = Duration.seconds(30)

    /// Calls `table` before each table and `report` for each difference, for `limit` of each kind and table at most. Returns the
    /// tables and columns that the live file has not.
    ///
    /// - Throws: `EventStoreError.directory` where the live file does not come to the position of the rebuilt one.
    func run(
        limit: Int, table: (_ name: String, _ rows: Int) -> Void, report: (RowDifference) -> Void
    ) throws -> [String] {
        let files = LiveFiles(of: file.projection, in: store.readModelsDirectory)
        let own = try files.livePath()
        guard let live = try own ?? files.ofVersionBefore()?.livePath() else { return [] }
        if own != nil { try feedLiveWhereNobodyDoes() }
        let end = ContinuousClock.now + Self.patience
        while true {
            if let withoutCounterpart = try compare(with: live, limit, table, report) { return withoutCounterpart }
            guard ContinuousClock.now < end else {
                throw EventStoreError(
                    .directory,
                    "\(live) does not come to position \(try file.checkpoint().position), so that nothing was compared, and nothing was changed. See daybook status."
                )
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    private func feedLiveWhereNobodyDoes() throws {
        guard let lock = try? ReadModels.lock(store.readModelsDirectory) else { return }
        defer { withExtendedLifetime(lock) {} }
        let live = try ReadModel(file.projection, directory: store.readModelsDirectory).live
        while try Projector.feed(live, behind: live.checkpoint().position, from: store) > 0 {}
    }

    /// Nil where the live file is still behind.
    private func compare(
        with live: String, _ limit: Int, _ begin: (_ name: String, _ rows: Int) -> Void,
        _ report: (RowDifference) -> Void
    ) throws -> [String]? {
        try file.write(beside: live) { database in
            // The first look at it takes the snapshot that all others see, however it goes on.
            let theirs = try Int64.fetchOne(database, sql: "SELECT position FROM live.checkpoint") ?? 0
            var mine = try Checkpoint.load(from: database).position
            let position = Position(rawValue: UInt64(bitPattern: theirs))
            guard mine <= position else { return nil }
            while mine < position,
                let chunk = try EventChunk(
                    of: store, after: mine, limit: Int(position.rawValue - mine.rawValue),
                    of: file.projection.categories)
            {
                try file.take(chunk, in: database)
                mine = chunk.through
            }
            for table in try ComparedTable.all(of: file.projection, in: database) {
                begin("\(file.projection.name).\(table.name)", try table.count(in: database))
                for difference in try table.differences(limit, in: database) {
                    report(try told(difference, table))
                }
            }
            return try ComparedTable.withoutCounterpart(of: file.projection, in: database)
        }
    }

    private func told(_ difference: ComparedTable.Difference, _ table: ComparedTable) throws -> RowDifference {
        RowDifference(
            model: file.projection.name, table: table.name, key: difference.key, columns: difference.columns,
            isMissingFromLive: difference.isMissingFromLive, stream: try stream(of: difference.key))
    }

    private func stream(of key: [(column: String, value: String)]) throws -> (name: String, newest: Position)? {
        for (column, value) in key {
            if column == "position", let position = UInt64(value),
                let stream = try store.log.record(at: Position(rawValue: position))?.stream
            {
                return (stream.description, try store.index.head(of: stream).position)
            }
            for category in file.projection.categories {
                let stream = StreamName(category, value)
                let head = try store.index.head(of: stream)
                if head != .none { return (stream.description, head.position) }
            }
        }
        return nil
    }
}
