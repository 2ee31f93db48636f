package import Ledger

/// Reads the log for those outside: a page at a time, filtered, with bounded work and memory a call.
package struct EventFeed: Sendable {
    package struct Filter: Sendable {
        /// All where there are none.
        package var types: Set<EventType>
        /// All where nil.
        package var stream: StreamName?

        package init(types: Set<EventType> = [], stream: StreamName? = nil) {
            self.types = types
            self.stream = stream
        }

        package func matches(_ type: EventType, _ stream: StreamName) -> Bool {
            (types.isEmpty || types.contains(type)) && (self.stream == nil || stream == self.stream)
        }
    }

    package struct Page: Sendable {
        package let events: [Recorded]
        /// Everything up to here was looked at: where to go on, also when nothing matched.
        package let through: Position
        /// Whether the log ended.
        package let isAtEnd: Bool
    }

    /// How many records one call looks at.
    package static let scanMax = 8_192

    private let store: Store

    package init(_ store: Store) { self.store = store }

    /// The matching events behind `position`, in order: up to `limit` of them among the next `scanMax` records.
    package func page(after position: Position, limit: Int, _ filter: Filter) throws -> Page {
        let records = try store.log.read(after: position, limit: Self.scanMax)
        var events: [Recorded] = []
        for record in records where filter.matches(record.type, record.stream) {
            events.append(Recorded(record: record, event: try store.events.event(of: record)))
            if events.count == limit { return Page(events: events, through: record.position, isAtEnd: false) }
        }
        return Page(events: events, through: records.last?.position ?? position, isAtEnd: records.count < Self.scanMax)
    }
}
