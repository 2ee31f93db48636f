extension EventLog {
    /// How many events of each retired kind there are, and as which they are read. Reads the whole log.
    package func retiredEvents() throws -> [(from: EventType, to: EventType, count: Int)] {
        var counts: [EventType: Int] = [:]
        var position = Position.start
        while position < headPosition {
            position = try scan(after: position, limit: 65_536) { bytes, place in
                let type = try Record.kind(bytes, at: place).storedType
                if type.isRetired { counts[type, default: 0] += 1 }
            }
        }
        return EventType.allCases.compactMap { type in counts[type].map { (type, type.current, $0) } }
    }
}
