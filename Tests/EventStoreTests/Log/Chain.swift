import EventStore
import Ledger

@testable import EventStore

/// Writes records one behind another, as the Writer would.
struct Chain {
    private(set) var position = Position.start
    private var heads: [StreamName: StreamHead] = [:]

    /// The next record, in the stream of the SKU. Three are recorded in the same instant, and the next ones two seconds later.
    mutating func next(_ id: String = "A", payload: [UInt8] = [0x0A, 0]) -> Record {
        let stream = StreamName(.stock, id)
        let before = heads[stream] ?? .none
        position = position.advanced(by: 1)
        heads[stream] = StreamHead(position: position, version: .at(before.version.rawValue + 1))
        return .sample(
            .stockReceived, at: position.rawValue, version: before.version.rawValue + 1,
            previous: before.position.rawValue, id: id, key: "key-\(position)",
            recordedAt: .noon.adding(seconds: Int64(position.rawValue / 3) * 2), payload: payload)
    }

    func head(of id: String) -> StreamHead { heads[StreamName(.stock, id)] ?? .none }

    /// Appends so many records over the streams in turn, in one transaction.
    mutating func append(_ count: Int, to log: EventLog, streams: [String] = ["A", "B", "C"]) throws {
        let start = position
        let records = (0..<count).map { next(streams[$0 % streams.count]) }
        try log.append(records, after: start)
    }
}
