package import Ledger

/// Records to events and back, personal data unsealed and sealed on the way.
package struct StoredEvents: Sendable {
    let keyring: Keyring

    /// - Throws: `EventStoreError`, naming the position.
    package func event(of record: Record) throws -> Event {
        try event(of: record) { try keyring.open($0, person: $1) }
    }

    /// The event, and the keys that open its personal data, as `Keyring.stored` has them.
    func eventAndKeys(of record: Record) throws -> (event: Event, keys: [(person: [UInt8], key: [UInt8])]) {
        var keys: [(person: [UInt8], key: [UInt8])] = []
        let event = try event(of: record) { box, person in
            keys.append(try keyring.stored(person))
            return try keyring.open(box, person: person)
        }
        return (event, keys)
    }

    /// The persons whose data the record has sealed.
    func persons(of record: Record) throws -> [String] {
        guard record.stream.category == .order else { return [] }
        var persons: [String] = []
        _ = try event(of: record) { _, person in
            persons.append(person)
            return nil
        }
        return persons
    }

    private func event(
        of record: Record, open: (_ box: [UInt8], _ person: String) throws -> Contact?
    ) throws -> Event {
        do {
            return try EventCodec.decode(record.storedType, record.payload, open: open)
        } catch let error as EventStoreError where error.code == .corrupt {
            throw EventStoreError(
                .corrupt, "The record at position \(record.position) can't be opened. \(error.message)",
                cause: error.cause)
        } catch {
            throw EventStoreError(
                .undecodable,
                "The record at position \(record.position) is whole, but this program can't read it as \(record.storedType.name). Use the version of Daybook that wrote it, or a newer one.",
                cause: error)
        }
    }

    /// Appends an event to the buffer, as what `record` says of it beside its type and payload. Returns the size and
    /// checksum of its bytes.
    func append(
        _ event: Event, of stream: StreamName, to buffer: RecordBuffer, record: (EventType) -> Record
    ) throws -> (type: EventType, bytes: Int, checksum: UInt32) {
        if case .stock(let event) = event {
            let type = StockEventWire.type(of: event)
            let (bytes, checksum) = buffer.append(record(type)) { StockEventWire.write(event, to: $0) }
            return (type, bytes, checksum)
        }
        let (type, payload) = try EventCodec.encode(StreamEvent(stream, event)) { try keyring.seal($0, person: $1) }
        let (bytes, checksum) = buffer.append(record(type)) { $0.raw(payload) }
        return (type, bytes, checksum)
    }
}
