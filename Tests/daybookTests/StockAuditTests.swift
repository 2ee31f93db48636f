import Ledger
import Testing

@testable import EventStore
@testable import daybook

@Suite("The audit of stock that verify makes")
struct StockAuditTests {
    private let main = Location(trusted: "main")

    private func doubts(_ events: [StockItem.Event]) -> [String] {
        var audit = StockAudit()
        var doubts: [String] = []
        for (index, event) in events.enumerated() {
            audit.add(.stock("A", event, at: UInt64(index + 1))) { doubts.append($0) }
        }
        return doubts
    }

    @Test("Stock that is received, reserved and shipped is content")
    func content() {
        let held: StockItem.Allocations = [StockItem.Allocation(location: main, quantity: 2)]
        let id = ReservationID(trusted: "r")
        #expect(
            doubts([
                .received(StockItem.Allocation(location: main, quantity: 3), reference: nil),
                .reserved(id, StockItem.Reservation(allocations: held, order: nil, expiresAt: nil)),
                .shipped(id, allocations: held), .adjusted(main, delta: -1, reason: "lost"),
            ]).isEmpty)
    }

    @Test("Stock below zero is seen, at the position where it happens")
    func belowZero() {
        let found = doubts([
            .received(StockItem.Allocation(location: main, quantity: 3), reference: nil),
            .adjusted(main, delta: -4, reason: "lost"),
        ])
        #expect(found.count == 1)
        #expect(found[0].contains("Position 2") && found[0].contains("-1"))
    }
}

extension Recorded {
    /// An event of stock as if it stood in a log.
    fileprivate static func stock(_ sku: String, _ event: StockItem.Event, at position: UInt64) -> Recorded {
        let time = Timestamp(microseconds: 0)
        let record = Record(
            position: Position(rawValue: position), stream: StreamName(.stock, sku),
            version: Version(rawValue: position),
            storedType: .stockReceived, recordedAt: time, effectiveAt: time, actor: "test", key: "key", ordinal: 0,
            count: 1,
            fingerprint: 0, correlation: "", previous: .start, payload: [])
        return Recorded(record: record, event: .stock(event))
    }
}
