import EventStore
import Ledger

/// A place in the history as an option names it: a position, or a time.
enum PointInTime {
    case position(Position)
    /// The last event recorded by then.
    case time(Timestamp)

    /// Nil where the option is not given.
    ///
    /// - Throws: `Failure` for what is neither.
    init?(_ option: String, _ text: String?) throws {
        guard let text else { return nil }
        if let position = UInt64(text) {
            self = .position(Position(rawValue: position))
        } else if let time = Timestamp(text) {
            self = .time(time)
        } else {
            throw Failure(.usage, "\(option) is a position or a time such as 2026-11-22T12:00:00Z; not \"\(text)\".")
        }
    }

    /// Perhaps behind the log's head.
    func position(in log: EventLog) throws -> Position {
        switch self {
        case .position(let position): position
        case .time(let time): try log.lastPosition(recordedBy: time)
        }
    }
}
