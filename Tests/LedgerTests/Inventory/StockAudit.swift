import Ledger

/// Adds up the stock of all items from their entries alone, without asking the aggregates, and tells what
/// does not add up.
struct StockAudit {
    /// One side of a movement.
    struct Entry {
        let sku: String
        let account: StockItem.Account
        var quantity: Int64
    }

    private(set) var balances: [String: [StockItem.Account: Int64]] = [:]
    private(set) var faults: [String] = []

    /// - Parameter tamper: alters the entries of the event at an index, as a broken ledger would.
    init(_ events: [StreamEvent], tamper: (Int, inout [Entry]) -> Void = { _, _ in }) {
        for (index, happened) in events.enumerated() {
            guard case .stock(let event) = happened.event else { continue }
            var entries = StockItem.movements(of: event).flatMap { movement in
                [
                    Entry(sku: happened.stream.id, account: movement.from, quantity: -movement.quantity),
                    Entry(sku: happened.stream.id, account: movement.to, quantity: movement.quantity),
                ]
            }
            tamper(index, &entries)
            for entry in entries { balances[entry.sku, default: [:]][entry.account, default: 0] += entry.quantity }
            check(happened.stream.id, after: index)
        }
    }

    private mutating func check(_ sku: String, after index: Int) {
        let accounts = balances[sku, default: [:]]
        let sum = accounts.values.reduce(0, +)
        if sum != 0 { faults.append("event \(index): the accounts of \(sku) sum to \(sum)") }
        for (account, quantity) in accounts where quantity < 0 {
            switch account {
            case .available, .reserved: faults.append("event \(index): \(account) of \(sku) stands at \(quantity)")
            case .supplier, .shipped, .returned, .damaged, .lost: break
            }
        }
    }

    /// What differs between the entries and the books' own balances and reservations.
    func differences(from books: LedgerBooks) throws -> [String] {
        try balances.keys.sorted().flatMap { sku -> [String] in
            let stock = try books.stock(SKU(trusted: sku))
            let accounts = balances[sku, default: [:]]
            let altered = Set(accounts.keys).union(stock.balances.map(\.account)).filter {
                accounts[$0, default: 0] != stock.balance(of: $0)
            }
            var held: [StockItem.Account: Int64] = [:]
            for allocation in stock.reservations.values.flatMap(\.allocations) {
                held[.reserved(allocation.location), default: 0] += allocation.quantity
            }
            let unheld = accounts.filter { account, quantity in
                if case .reserved = account { quantity != held[account, default: 0] } else { false }
            }
            return altered.map { "\($0) of \(sku) is not what the books say" }
                + unheld.keys.map { "\($0) of \(sku) is not what reservations hold" }
        }
    }
}
