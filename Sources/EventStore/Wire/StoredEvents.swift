package import Ledger

/// Records to events and back, personal data unsealed and sealed on the way.
package struct StoredEvents: Sendable {
    let keyring: Keyring

    /// - Throws: `EventStoreError`, naming the position.
    package func event(of record: Record) throws -> Event {
        do {
            return try EventCodec.decode(record.type, record.payload) { try keyring.open($0, person: $1) }
        } catch let error as EventStoreError where error.code == .corrupt {
            throw EventStoreError(
                .corrupt, "The record at position \(record.position) can't be opened. \(error.message)",
                cause: error.cause)
        } catch {
            throw EventStoreError(
                .undecodable,
                "The record at position \(record.position) is whole, but this program can't read it as \(record.type.name). Use the version of Daybook that wrote it, or a newer one.",
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
