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

    func encode(_ event: StreamEvent) throws -> (type: EventType, payload: [UInt8]) {
        try EventCodec.encode(event) { try keyring.seal($0, person: $1) }
    }
}
