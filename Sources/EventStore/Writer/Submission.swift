import Crypto
package import Ledger

/// A command as it reaches the Writer. A class, because it is handed on often and never changed.
package final class Submission: Sendable {
    /// The most bytes that a key, an actor or a correlation has.
    package static let textBytesMax = 128

    let command: any Command
    package let key: String
    let expectedVersion: Version?
    let actor: String
    let correlation: String
    let effectiveAt: Timestamp?
    let freshID: String
    /// Made here and not by the Writer, whose thread is the one that all wait for.
    let fingerprint: UInt64

    /// - Parameters:
    ///   - key: the idempotency key: the same key and command are answered as the first time, for ever.
    ///     Nil for a command that is meant anew each time.
    ///   - expectedVersion: of the command's subject; another version refuses the command.
    ///   - effectiveAt: when what the command tells of happened; nil for now.
    ///   - freshID: an id that nobody has used, for what the command creates without naming it.
    /// - Throws: `InvalidValue` for a key of no or more than 128 bytes, or with control characters.
    package init(
        _ command: any Command, key: String? = nil, expectedVersion: Version? = nil, actor: String,
        correlation: String = "", effectiveAt: Timestamp? = nil, freshID: String = ULID.make()
    ) throws(InvalidValue) {
        if let key { try Text.check(key, noun: "command key", bytesMax: Self.textBytesMax) }
        if !correlation.isEmpty { try Text.check(correlation, noun: "correlation", bytesMax: Self.textBytesMax) }
        self.command = command
        self.expectedVersion = expectedVersion
        self.actor = actor
        self.correlation = correlation
        self.effectiveAt = effectiveAt
        self.freshID = freshID
        self.key = key ?? freshID
        fingerprint = command.fingerprint
    }
}

/// What became of a command.
package enum Outcome: Sendable {
    /// Durable.
    case accepted(Receipt)
    /// A rule said no. Nothing was changed.
    case refused(Refusal)
    /// The key belongs to another command, whose first event stands at the position. Nothing was changed.
    case keyReused(Position)
    /// The stream stands at another version than was demanded. Nothing was changed.
    case versionMismatch(StreamName, actual: Version)
    /// The store could not do it. With `poisoned` it is unknown whether the command is durable; send it again with
    /// its key after a restart. With any other code nothing was changed.
    case failed(EventStoreError)
}

/// The proof that a command is durable.
package struct Receipt: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package let position: Position
        package let stream: StreamName
        package let version: Version
        package let type: EventType
    }

    package let events: [Entry]
    package let result: CommandResult
    /// The stream that a caller would look at next, and its version after the command.
    package let shown: StreamName
    package let shownVersion: Version
    /// Whether the command had been accepted before with this key.
    package let isRepeated: Bool

    /// Where the last of the command's events stands: a read model at this position has seen it all.
    package var position: Position { events.last?.position ?? .start }

    init(events: [Entry], result: CommandResult, subject: StreamName?, isRepeated: Bool) {
        self.events = events
        self.result = result
        self.isRepeated = isRepeated
        let shown = result.shows ?? subject ?? events[0].stream
        self.shown = shown
        shownVersion = events.last { $0.stream == shown }?.version ?? .none
    }
}

extension Command {
    /// The first 64 bits of the SHA-256 of everything a command says: equal for a repeated command, different for another.
    var fingerprint: UInt64 {
        var bytes = CanonicalBytes()
        bytes.add(Self.name)
        describe(to: &bytes)
        return SHA256.hash(data: bytes.bytes).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self).littleEndian }
    }
}
