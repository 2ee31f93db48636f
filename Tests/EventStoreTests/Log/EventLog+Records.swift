import Ledger

@testable import EventStore

extension EventLog {
    /// Appends records as they are, whatever the rules would say of them.
    func append(_ records: [Record], after position: Position) throws {
        let buffer = RecordBuffer()
        for record in records { buffer.append(record) { $0.raw(record.payload) } }
        try append(buffer, after: position)
    }
}

extension LogIndex {
    func position(ofKey key: String) throws -> Position? { try position(ofKey: digestKey.digest(ofKey: key)) }
}

extension StoredEvents {
    func encode(_ event: StreamEvent) throws -> (type: EventType, payload: [UInt8]) {
        try EventCodec.encode(event) { try keyring.seal($0, person: $1) }
    }
}
