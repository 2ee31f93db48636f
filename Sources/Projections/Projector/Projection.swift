package import EventStore
package import GRDB
package import Ledger

/// A read model: a fold of the log into tables.
///
/// Rows must follow from the events alone: not from clocks, nor from where a batch began, so that a replay from nothing
/// equals the live model, row for row.
package protocol Projection: SendableMetatype {
    static var name: String { get }
    /// Raise it to have the read model built anew, in a file of its own.
    static var version: Int { get }
    /// The kinds of streams whose events it takes.
    static var categories: Set<Category> { get }

    static func createSchema(in database: Database) throws

    /// What only queries need: where rows are fed in bulk it comes last.
    static func createIndexes(in database: Database) throws

    /// Columns, as `table.column`, that this version means otherwise than the one before: a comparison with the live rows leaves
    /// them out.
    static var expectedDifferences: Set<String> { get }

    /// Begins a batch: events that share one transaction.
    init()

    /// Takes one event, in the order of the log. May keep rows in memory until `finish`.
    mutating func apply(_ recorded: Recorded, in database: Database) throws

    /// Ends the batch: writes what is in memory, each row once.
    mutating func finish(in database: Database) throws
}

extension Projection {
    package static func createIndexes(in database: Database) throws {}

    package static var expectedDifferences: Set<String> { [] }

    package mutating func finish(in database: Database) throws {}
}
