import Ledger

/// Makes of one log another, as some edits have it. What is not edited stays to the byte, but for its position. May go on while
/// the log it is made of grows; what is interrupted is begun anew.
final class LogRewriter {
    private let source: Store
    private let target: Store
    private var transformation: LogTransformation
    /// Where the streams stand whose versions are others than they were.
    private var heads: [StreamName: StreamHead] = [:]
    /// Up to where whole commands were taken.
    private(set) var position = Position.start
    private(set) var map = PositionMap()
    private(set) var dropped = 0
    private(set) var added = 0

    /// - Parameter target: an empty one.
    init(_ transformation: LogTransformation, from source: Store, into target: Store) {
        self.transformation = transformation
        self.source = source
        self.target = target
    }

    /// Takes everything that the old log has by now, a command at a time.
    ///
    /// - Parameter progress: is told the position in the old log.
    /// - Throws: `InvalidEdits` where an event can't be changed as the edits want it.
    func advance(progress: (Position) -> Void = { _ in }) throws {
        let last = try source.log.refreshHead()
        var command: [Record] = []
        var read = position
        while read < last {
            let buffer = RecordBuffer(capacity: 1 << 20)
            let chunk = try source.log.read(after: read, limit: 8_192)
            for record in chunk {
                read = record.position
                command.append(record)
                guard record.ordinal + 1 == record.count else { continue }
                try take(command, to: buffer)
                position = read
                command.removeAll(keepingCapacity: true)
            }
            try takeKeys(of: chunk)
            try append(buffer)
            progress(read)
        }
        try target.index.catchUp()
    }

    private func append(_ buffer: RecordBuffer) throws {
        guard buffer.count > 0 else { return }
        try target.log.append(buffer, after: target.log.headPosition)
    }

    private func take(_ command: [Record], to buffer: RecordBuffer) throws {
        var kept = 0
        for group in try transformation.transform(command) {
            for (ordinal, event) in group.enumerated() {
                let position = target.log.headPosition.advanced(by: buffer.count + 1)
                // The first event of a command has what tells a repetition from another command, and may be dropped.
                let fingerprint = ordinal == 0 && event.origin != nil ? command[0].fingerprint : 0
                let record = record(of: event, at: position, (ordinal, group.count), fingerprint: fingerprint)
                let (bytes, _) = buffer.append(record) { $0.raw(event.payload) }
                guard bytes <= Record.bytesMax else {
                    throw InvalidEdits("the event at position \(event.record.position) would be too large")
                }
                if let origin = event.origin {
                    map.add(origin, becomes: position)
                    kept += 1
                } else {
                    added += 1
                }
            }
        }
        dropped += command.count - kept
    }

    private func record(
        of event: LogTransformation.Rewritten, at position: Position, _ place: (ordinal: Int, count: Int),
        fingerprint: UInt64
    ) -> Record {
        let old = event.record
        var (version, previous) = (old.version, old.previous == .start ? .start : map[old.previous] ?? .start)
        if transformation.isAffected(event.stream) {
            let before = heads[event.stream] ?? StreamHead(position: .start, version: Version(rawValue: 0))
            (version, previous) = (Version(rawValue: before.version.rawValue + 1), before.position)
            heads[event.stream] = StreamHead(position: position, version: version)
        }
        return Record(
            position: position, stream: event.stream, version: version, storedType: event.storedType,
            recordedAt: old.recordedAt, effectiveAt: old.effectiveAt, actor: old.actor, key: old.key,
            ordinal: place.ordinal, count: place.count, fingerprint: fingerprint, correlation: old.correlation,
            previous: previous, payload: [])
    }

    private func takeKeys(of chunk: [Record]) throws {
        let persons = try Set(chunk.flatMap { try source.events.persons(of: $0) })
        guard !persons.isEmpty else { return }
        try target.keyring.restore(try persons.map { try source.keyring.stored($0) }.map { ($0.person, $0.key) })
    }
}

extension Store {
    /// The event that registered a product; nil where there is none.
    func registration(of sku: SKU) throws -> Record? {
        var first: Record?
        try log.readBackwards(from: try index.head(of: .product(sku))) { record in
            first = record
            return true
        }
        return first
    }
}
