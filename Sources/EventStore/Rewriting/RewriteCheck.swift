package import Ledger

/// Holds a log that was made of another against it, by what must not change: how many of each event there are, what stands in the
/// accounts of each product, and every sum of money. It knows the edits only by which SKUs are one product.
package struct RewriteCheck {
    private struct Account: Hashable {
        let product: String
        let account: StockItem.Account
    }

    /// What a log says, whatever its SKUs are called.
    private struct Summary {
        var events = 0
        var kinds: [EventType: Int] = [:]
        var stock: [Account: Int64] = [:]
        /// In minor units, or in ten-thousandths where an amount is not rounded.
        var money: [String: Int64] = [:]
    }

    /// The name that a SKU shares with what it is one with, or was.
    private var products: [String: String] = [:]
    private var dropped: Set<StreamName> = []
    private var before = Summary()
    private var after = Summary()
    private var levels: [Account: Int64] = [:]
    /// What is below zero in the new log, as far as it was taken in.
    private var shortages: [String] = []

    package init(_ edits: LogEdits) {
        for edit in edits.edits {
            switch edit {
            case .rename(let sku, let to), .merge(let sku, let to): products[sku.text] = to.text
            case .split(let sku, _, let to, _): products[to.text] = sku.text
            case .drop(let stream):
                dropped.insert(stream)
                if stream.category == .product { dropped.insert(StreamName(.stock, stream.id)) }
            }
        }
    }

    /// Takes in an event of the old log.
    package mutating func addOld(_ recorded: Recorded) {
        before.events += 1
        guard !dropped.contains(recorded.record.stream) else { return }
        add(recorded, to: \.before)
    }

    /// Takes in an event of the new log, in order.
    package mutating func addNew(_ recorded: Recorded) {
        after.events += 1
        add(recorded, to: \.after)
        guard case .stock(let event) = recorded.event else { return }
        for movement in StockItem.movements(of: event) {
            levels[Account(product: recorded.record.stream.id, account: movement.to), default: 0] += movement.quantity
            let source = Account(product: recorded.record.stream.id, account: movement.from)
            levels[source, default: 0] -= movement.quantity
            guard levels[source, default: 0] < 0 else { continue }
            switch movement.from {
            case .available, .reserved:
                shortages.append(
                    "position \(recorded.record.position): \(movement.from) of \"\(source.product)\" would be \(levels[source, default: 0])"
                )
            case .supplier, .shipped, .returned, .damaged, .lost: break
            }
        }
    }

    /// What differs that must not; empty where the new log can take the old one's place.
    ///
    /// - Parameters:
    ///   - dropped: how many events were left out.
    ///   - added: how many the edits made.
    package func differences(dropped: Int, added: Int) -> [String] {
        var found: [String] = []
        if before.events - dropped + added != after.events {
            found.append("\(before.events) events, \(dropped) dropped, \(added) added: there are \(after.events)")
        }
        // Those of products and stock are what edits drop and add; of the others each is still there.
        for type in EventType.current where type.category != .product && type.category != .stock {
            let (was, now) = (before.kinds[type, default: 0], after.kinds[type, default: 0])
            if was != now { found.append("\(type.name): there were \(was), there are \(now)") }
        }
        for account in Set(before.stock.keys).union(after.stock.keys) {
            let (was, now) = (before.stock[account, default: 0], after.stock[account, default: 0])
            if was != now { found.append("\(account.account) of \"\(account.product)\" was \(was), is \(now)") }
        }
        for name in Set(before.money.keys).union(after.money.keys) {
            let (was, now) = (before.money[name, default: 0], after.money[name, default: 0])
            if was != now { found.append("\(name) was \(was), is \(now)") }
        }
        return found.sorted() + shortages
    }

    private mutating func add(_ recorded: Recorded, to side: WritableKeyPath<RewriteCheck, Summary>) {
        self[keyPath: side].kinds[recorded.record.type, default: 0] += 1
        switch recorded.event {
        case .stock(let event):
            let product = products[recorded.record.stream.id] ?? recorded.record.stream.id
            for movement in StockItem.movements(of: event) {
                self[keyPath: side].stock[Account(product: product, account: movement.from), default: 0] -=
                    movement.quantity
                self[keyPath: side].stock[Account(product: product, account: movement.to), default: 0] +=
                    movement.quantity
            }
        case .order, .document:
            for (name, amount) in recorded.event.money { self[keyPath: side].money[name, default: 0] += amount }
        case .product, .cart, .numbers: break
        }
    }
}

extension Event {
    /// What of it moves money, each under a name of its own.
    fileprivate var money: [(name: String, amount: Int64)] {
        switch self {
        case .order(.placed(let placement)): [Self.named("charged", placement.total)]
        case .order(.paid(let money, _)): [Self.named("paid", money)]
        case .order(.cancelled(_, let refund)): [Self.named("refunded by cancelling", refund)]
        case .order(.returned(_, _, let refund)): [Self.named("refunded for returns", refund)]
        case .document(.creditNoteIssued(let note)): [Self.named("credited", note.refund)]
        case .document(.badDebtRecorded(let debt)):
            [("bad debts in \(debt.unitPrice.currency)", debt.unitPrice.tenThousandths * debt.quantity)]
        case .order(.fulfilled), .document(.adjustmentRecorded), .product, .stock, .cart, .numbers: []
        }
    }

    private static func named(_ name: String, _ money: Money) -> (String, Int64) {
        ("\(name) in \(money.currency)", money.minorUnits)
    }
}
