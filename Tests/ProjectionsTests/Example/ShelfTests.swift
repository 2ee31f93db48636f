import EventStore
import Ledger
import Testing

@Suite("The shelf")
struct ShelfTests {
    private let lamp = SKU(trusted: "LAMP")
    private let main = Location(trusted: "main")

    private func received(_ quantity: Int64) -> StreamEvent {
        StreamEvent(.stock(lamp), .stock(.received(.init(location: main, quantity: quantity), reference: nil)))
    }

    private func reserved(_ quantity: Int64) -> StreamEvent {
        let pieces = StockItem.Reservation(
            allocations: [.init(location: main, quantity: quantity)], order: nil, expiresAt: nil)
        return StreamEvent(.stock(lamp), .stock(.reserved(ReservationID(trusted: "R"), pieces)))
    }

    @Test("What is reserved can't be bought")
    func reserved() async throws {
        let rows = try await rows(of: ShelfProjection.self, given: [received(5), reserved(2), received(1)])
        #expect(rows["shelf"] == ["LAMP|4"])
    }
}
