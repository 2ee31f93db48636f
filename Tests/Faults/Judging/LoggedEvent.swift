import Foundation

/// An event as `daybook events` and `GET /events` show it.
package struct LoggedEvent: Sendable {
    package let position: Int
    package let stream: String
    package let version: Int
    package let type: String
    package let key: String
    /// The whole line.
    package let line: String
    package let movement: StockBook.Movement?

    package init(
        position: Int, stream: String, version: Int, type: String, key: String, line: String = "",
        movement: StockBook.Movement? = nil
    ) {
        self.position = position
        self.stream = stream
        self.version = version
        self.type = type
        self.key = key
        self.line = line
        self.movement = movement
    }

    package var receiptEvent: History.Receipt.Event {
        History.Receipt.Event(position: position, stream: stream, version: version, type: type)
    }

    /// - Throws: `Doubt` for a line that is no event.
    package static func parse(ndjson: String) throws -> [LoggedEvent] {
        try ndjson.split(separator: "\n").map { line in
            guard let fields = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                let position = fields["position"] as? Int, let stream = fields["stream"] as? String,
                let version = fields["version"] as? Int, let type = fields["type"] as? String,
                let key = fields["key"] as? String
            else { throw Doubt("a line of the history is no event: \(line)") }
            return LoggedEvent(
                position: position, stream: stream, version: version, type: type, key: key, line: String(line),
                movement: StockBook.Movement(type: type, fields["data"] as? [String: Any] ?? [:]))
        }
    }
}
