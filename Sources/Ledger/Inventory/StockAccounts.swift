/// What the accounts of one SKU hold, without the reservations by name: enough for stock levels, and all that a fold over
/// the whole log needs to know them.
package struct StockAccounts: Equatable, Sendable {
    package private(set) var balances: [StockItem.Balance] = []

    package init() {}

    init(_ balances: [StockItem.Balance]) { self.balances = balances }

    /// Enters what an event moves, as `StockItem.movements` has it; without a list of them where most of them come from.
    package mutating func post(_ event: StockItem.Event) {
        switch event {
        case .reserved(_, let reservation):
            for held in reservation.allocations {
                move(held.quantity, from: .available(held.location), to: .reserved(held.location))
            }
        case .released(_, let allocations, _):
            for held in allocations {
                move(held.quantity, from: .reserved(held.location), to: .available(held.location))
            }
        case .shipped(_, let allocations):
            for held in allocations { move(held.quantity, from: .reserved(held.location), to: .shipped) }
        case .received, .adjusted, .takenBack:
            for movement in StockItem.movements(of: event) {
                move(movement.quantity, from: movement.from, to: movement.to)
            }
        }
    }

    private mutating func move(_ quantity: Int64, from: StockItem.Account, to: StockItem.Account) {
        enter(-quantity, in: from)
        enter(quantity, in: to)
    }

    private mutating func enter(_ quantity: Int64, in account: StockItem.Account) {
        for index in balances.indices where balances[index].account == account {
            balances[index].quantity += quantity
            return
        }
        balances.append(StockItem.Balance(account: account, quantity: quantity))
    }
}
