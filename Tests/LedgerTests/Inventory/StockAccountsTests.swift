import TestTools
import Testing

@testable import Ledger

@Suite("Stock accounts without reservations")
struct StockAccountsTests {
    @Test("They hold what the movements of the events add up to, whatever happened")
    func asMovements() {
        var random = SplitMix64.of("stock accounts")
        let places = ["main", "shop"].map { Location(trusted: $0) }
        var accounts = StockAccounts()
        var sums: [StockItem.Account: Int64] = [:]
        for number in 0..<3_000 {
            let goods = StockItem.Allocation(
                location: places.randomElement(using: &random)!, quantity: .random(in: 1...9, using: &random))
            let id = ReservationID(trusted: "r-\(number)")
            let events: [StockItem.Event] = [
                .received(goods, reference: nil), .adjusted(goods.location, delta: -goods.quantity, reason: "count"),
                .adjusted(goods.location, delta: goods.quantity, reason: "count"),
                .reserved(id, .init(allocations: [goods, goods], order: nil, expiresAt: nil)),
                .released(id, allocations: [goods], expired: false), .shipped(id, allocations: [goods]),
                .takenBack(
                    goods, document: DocumentID(trusted: "d"),
                    StockItem.Disposition.allCases.randomElement(using: &random)!),
            ]
            let event = events.randomElement(using: &random)!
            accounts.post(event)
            for movement in StockItem.movements(of: event) {
                sums[movement.from, default: 0] -= movement.quantity
                sums[movement.to, default: 0] += movement.quantity
            }
        }
        #expect(Dictionary(uniqueKeysWithValues: accounts.balances.map { ($0.account, $0.quantity) }) == sums)
        #expect(accounts.balances.reduce(0) { $0 + $1.quantity } == 0)
    }
}
