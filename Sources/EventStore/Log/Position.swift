/// A place in the whole log: 1, 2, 3 … without gaps, in commit order. 0 is before the first record.
package struct Position: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package static let start = Position(rawValue: 0)

    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package var description: String { String(rawValue) }

    package static func < (left: Position, right: Position) -> Bool { left.rawValue < right.rawValue }

    package func advanced(by count: Int) -> Position { Position(rawValue: rawValue + UInt64(count)) }
}

/// A place within one stream: 1, 2, 3 … 0 is a stream without events.
package struct Version: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package static let none = Version(rawValue: 0)

    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package var description: String { String(rawValue) }

    package static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }
}

/// The newest event of a stream.
package struct StreamHead: Equatable, Sendable {
    package static let none = StreamHead(position: .start, version: .none)

    package let position: Position
    package let version: Version

    package init(position: Position, version: Version) {
        self.position = position
        self.version = version
    }
}
