import EventStore
package import GRDB
package import Ledger

/// A projection that answers questions about one thing of a kind: a cart, an order.
package protocol EntityProjection: Projection {
    /// The streams of which each is one such thing.
    static var entity: Category { get }

    /// Other streams whose events stand in the answer about it, given all that happened to the thing itself.
    static func companions(of id: String, _ history: [Event]) -> Set<StreamName>

    /// Nil where there is no such thing.
    ///
    /// - Parameter now: what ends by the clock has ended by then.
    static func answer(about id: String, now: Timestamp, in database: Database) throws -> EntityAnswer?
}

extension EntityProjection {
    package static func companions(of id: String, _ history: [Event]) -> Set<StreamName> { [] }
}

/// One thing as it is answered.
package struct EntityAnswer: Equatable, Sendable {
    package let json: [UInt8]
    /// Of its stream.
    package let version: Int64
}

extension ReadModels {
    /// The answer as of now. Nil where there is no such thing.
    package func answer<P: EntityProjection>(_ projection: P.Type, about id: String) throws -> EntityAnswer? {
        try self[projection].read { try P.answer(about: id, now: .now, in: $0) }
    }
}
