import Ledger
import TestTools
import Testing

/// Random histories: the ledger and the plain model are asked the same, and must answer the same.
@Suite("Random histories")
struct HistoryTests {
    static let histories = 200
    static let steps = 200

    @Test("The ledger agrees with a plain model at every step", arguments: 0..<histories)
    func history(index: Int) throws {
        var history = ModelledHistory(index)
        for action in ActionGenerator.opening { history.step(action) }
        for _ in 0..<Self.steps where history.faults.isEmpty { history.step() }
        try history.finish()
        for fault in history.faults {
            Issue.record("DAYBOOK_TEST_SEED=\(SplitMix64.seed), history \(index): \(fault)")
        }
    }

    @Test("Random histories meet nearly every refusal, and are mostly accepted")
    func coverage() throws {
        var outcomes: [String: Int] = [:]
        for index in 0..<Self.histories / 2 {
            var history = ModelledHistory(index)
            for action in ActionGenerator.opening { history.step(action) }
            for _ in 0..<Self.steps { history.step() }
            outcomes.merge(history.outcomes) { $0 + $1 }
        }
        // The others need more than a short history gives: huge numbers, or what the Writer alone knows.
        let unmet: Set<Refusal.Code> = [.cartFull, .stockTooLarge, .amountTooLarge, .recordTooLarge]
        for code in Refusal.Code.allCases where !unmet.contains(code) {
            #expect(outcomes[code.rawValue, default: 0] > 0, "\(code), DAYBOOK_TEST_SEED=\(SplitMix64.seed)")
        }
        #expect(outcomes["accepted", default: 0] > Self.histories / 2 * Self.steps / 4)
    }
}

/// One history, told to the ledger and to the model.
private struct ModelledHistory {
    private(set) var faults: [String] = []
    private(set) var outcomes: [String: Int] = [:]
    private let books = LedgerBooks(holdsDecisionsToPromise: false)
    private var model = ShopModel()
    private var generator: ActionGenerator
    private var steps = 0

    init(_ index: Int) {
        generator = ActionGenerator(random: .of("history", index))
    }

    mutating func step() { step(generator.next(in: model)) }

    mutating func step(_ action: Action) {
        steps += 1
        let now = generator.now
        do {
            let (decided, events) = try decide(action, at: now)
            let expected = model.perform(action, at: now, putBack: Self.putBack(events))
            outcomes[decided ?? "accepted", default: 0] += 1
            if !Self.agree(decided, expected) {
                return faults.append("step \(steps), \(action): decided \(decided ?? "accepted"), expected \(expected)")
            }
            for difference in try differences(at: now) { faults.append("step \(steps), \(action): \(difference)") }
        } catch {
            faults.append("step \(steps), \(action): \(error)")
        }
    }

    /// The refusal's word, or nil and the events.
    private func decide(_ action: Action, at now: Int) throws -> (String?, [StreamEvent]) {
        do {
            let command = try action.command()
            let moment = Timestamp(microseconds: Int64(now))
            return (nil, try books.when(command, at: moment))
        } catch let refusal as Refusal {
            return (refusal.code.rawValue, [])
        }
    }

    private static func agree(_ decided: String?, _ expected: ShopModel.Outcome) -> Bool {
        switch expected {
        case .accepted: decided == nil
        case .refused(let code): decided == code
        case .acceptedOrRefused(let code): decided == nil || decided == code
        }
    }

    private static func putBack(_ events: [StreamEvent]) -> [String: String] {
        var places: [String: String] = [:]
        for event in events {
            if case .stock(.takenBack(let goods, _, _)) = event.event { places[event.stream.id] = goods.location.text }
        }
        return places
    }

    /// The whole history at once: conservation from the entries alone, and a replay from nothing.
    mutating func finish() throws {
        let audit = StockAudit(books.history)
        faults += audit.faults
        faults += try audit.differences(from: books)
        let replayed = LedgerBooks(replaying: books.history)
        if try replayed.state() != books.state() { faults.append("a replay from nothing gives other aggregates") }
        refundsAfterFullReturn()
    }

    /// Goods alone, all of them delivered and back without a credit note's own amount: exactly the charge.
    private mutating func refundsAfterFullReturn() {
        for (id, order) in model.orders where order.charges.isEmpty && !order.isCancelled {
            let isAllBack = order.ordered.allSatisfy { order.back[$0.code] == $0.quantity }
            let isCredited = books.history.contains { event in
                guard case .document(.creditNoteIssued(let note)) = event.event else { return false }
                return event.stream.id.hasPrefix("d") && note.lines.contains { $0.order?.text == id }
            }
            if isAllBack && !isCredited && order.refunded != order.total {
                faults.append("order \(id) was charged \(order.total) and gave back \(order.refunded)")
            }
        }
    }
}

// What the ledger and the model say of the same things.
extension ModelledHistory {
    private func differences(at now: Int) throws -> [String] {
        let moment = Timestamp(microseconds: Int64(now))
        var found: [String] = []
        func compare(_ ledger: Int64, _ model: Int, _ what: @autoclosure () -> String) {
            if ledger != model { found.append("\(what()) is \(ledger), expected \(model)") }
        }
        for (sku, item) in model.items where !item.isCharge {
            let stock = try books.stock(SKU(trusted: sku))
            compare(stock.available(at: moment), item.available, "available \(sku)")
            compare(stock.balance(of: .supplier), -item.supplied, "supplied \(sku)")
            compare(stock.balance(of: .shipped), item.shipped, "shipped \(sku)")
            compare(stock.balance(of: .returned), item.returned, "returned \(sku)")
            compare(stock.balance(of: .damaged), item.damaged, "damaged \(sku)")
            compare(stock.balance(of: .lost), item.lost, "lost \(sku)")
            for location in ActionGenerator.locations {
                let place = Location(trusted: location)
                let onHand = stock.balance(of: .available(place)) + stock.balance(of: .reserved(place))
                compare(onHand, item.onHand(at: location), "\(sku) on hand at \(location)")
            }
            compare(stock.balances.reduce(0) { $0 + $1.quantity }, 0, "the sum over the accounts of \(sku)")
            found += stock.balances.filter { $0.quantity < 0 }.compactMap { balance in
                switch balance.account {
                case .available, .reserved: "\(balance.account) of \(sku) stands at \(balance.quantity)"
                case .supplier, .shipped, .returned, .damaged, .lost: nil
                }
            }
        }
        for (id, order) in model.orders {
            let standing = try books.order(OrderID(trusted: id))
            compare(standing.terms?.total.minorUnits ?? -1, order.total, "the total of \(id)")
            compare(standing.paidMinorUnits, order.paid, "paid of \(id)")
            compare(standing.refundedMinorUnits, order.refunded, "refunded of \(id)")
            if standing.isCancelled != order.isCancelled { found.append("\(id) is cancelled in one of the two") }
            for piece in order.ordered {
                let returnable = standing.returnable(SKU(trusted: piece.code))
                compare(returnable, order.canComeBack(piece.code), "what can come back of \(piece.code) in \(id)")
            }
        }
        for (id, cart) in model.carts {
            let standing = try books.cart(CartID(trusted: id))
            if standing.order?.text != cart.order { found.append("\(id) became an order in one of the two") }
            let sum = standing.lines.reduce(Int64(0)) { $0 + $1.quantity * $1.unitPrice.tenThousandths }
            compare(sum, cart.lines.reduce(0) { $0 + $1.quantity * $1.price }, "the lines of \(id)")
        }
        compare(try books.orderNumbers().last, model.numbers, "the last order number")
        return found
    }
}
