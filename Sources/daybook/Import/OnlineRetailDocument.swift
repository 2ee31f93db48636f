import Ledger

/// One document of the file as commands: what to send, under which keys.
///
/// Keys are made from the document's number and the command's place in it, so that the same row always has the same key.
struct OnlineRetailDocument {
    enum Kind: Equatable {
        case order
        /// A plain invoice without customer whose rows all cost nothing: more or less was found than the books said.
        case adjustment
        case creditNote
        case badDebt

        init(_ invoice: OnlineRetailFile.Invoice) {
            if invoice.number.hasPrefix("C") {
                self = .creditNote
            } else if invoice.number.hasPrefix("A") {
                self = .badDebt
            } else {
                self =
                    invoice.rows.allSatisfy { $0.price.tenThousandths == 0 && $0.customer == nil }
                    ? .adjustment : .order
            }
        }

        /// What a row of such a document changes in the stock of its code.
        func stockChange(of row: OnlineRetailFile.Row) -> Int64 {
            switch self {
            case .order: -row.quantity
            case .adjustment: row.quantity
            case .creditNote: -row.quantity  // Its quantities are below zero.
            case .badDebt: 0
            }
        }
    }

    struct Step {
        let key: String
        let command: any Command
        /// Demanded of the command's subject: an order is placed only from a cart that has all its lines.
        var expectedVersion: UInt64?
    }

    static let location = Location(trusted: "main")

    let invoice: OnlineRetailFile.Invoice
    let kind: Kind
    let time: Timestamp
    private let customer: CustomerID?
    private let country: String

    init(_ invoice: OnlineRetailFile.Invoice) {
        self.invoice = invoice
        kind = Kind(invoice)
        time = invoice.rows[0].time
        customer = invoice.rows[0].customer
        country = invoice.rows[0].country
    }

    /// - Throws: `InvalidValue` where the document can be none of the kinds, as with a quantity below zero on an order.
    func steps(_ purchases: inout Purchases) throws -> [Step] {
        switch kind {
        case .order: try order(&purchases)
        case .adjustment: [try adjustment()]
        case .creditNote: [try creditNote(&purchases)]
        case .badDebt: try badDebts()
        }
    }

    private func order(_ purchases: inout Purchases) throws -> [Step] {
        let cart = try CartID(invoice.number)
        let id = try OrderID(invoice.number)
        var steps: [Step] = []
        for (index, row) in invoice.rows.enumerated() {
            steps.append(Step(key: key(index + 1), command: try line(row, cart)))
        }
        let place = try PlaceOrder(
            cart: cart, order: id, reference: invoice.number, customer: customer, country: country)
        steps.append(Step(key: key("order"), command: place, expectedVersion: UInt64(invoice.rows.count)))
        let total = try total()
        if total.minorUnits > 0 {
            steps.append(Step(key: key("paid"), command: try RecordPayment(order: id, amount: total)))
        }
        steps.append(Step(key: key("sent"), command: try FulfilOrder(order: id)))
        purchases.add(invoice.rows, customer: customer, order: id, total: total)
        return steps
    }

    private func line(_ row: OnlineRetailFile.Row, _ cart: CartID) throws -> any Command {
        if OnlineRetailCatalog.isGoods(row.code) {
            return try AddToCart(cart: cart, sku: row.code, quantity: row.quantity, quotedPrice: row.price)
        }
        let charge = Cart.Charge(
            code: row.code, label: row.description.isEmpty ? nil : row.description, quantity: row.quantity,
            unitPrice: row.price)
        return try AddCharge(cart: cart, charge: charge)
    }

    /// What place-order will charge: the exact sum, rounded once.
    private func total() throws -> Money {
        var sum = Amount(tenThousandths: 0, currency: invoice.rows[0].price.currency)
        for row in invoice.rows { sum = try sum.adding(row.price.times(row.quantity)) }
        return Rounding.halfUp.round(sum)
    }

    private func adjustment() throws -> Step {
        let lines = invoice.rows.map { row in
            Adjustment.Line(
                code: row.code, delta: row.quantity,
                reason: row.description.isEmpty ? "no reason given" : row.description)
        }
        let adjustment = Adjustment(
            reference: invoice.number, country: country, currency: invoice.rows[0].price.currency,
            location: Self.location,
            lines: lines)
        return Step(
            key: key("adjusted"),
            command: try RecordAdjustment(document: try DocumentID(invoice.number), adjustment: adjustment))
    }

    private func creditNote(_ purchases: inout Purchases) throws -> Step {
        let lines = try invoice.rows.map { row in
            let quantity = -row.quantity
            try Quantity.check(quantity)
            let amount = try row.price.times(quantity)
            return CreditNote.Line(
                code: row.code, label: row.description.isEmpty ? nil : row.description, quantity: quantity,
                amount: amount,
                order: purchases.undo(quantity, of: row.code, worth: amount, customer: customer))
        }
        let note = try IssueCreditNote(
            document: try DocumentID(invoice.number), reference: invoice.number, customer: customer, country: country,
            lines: lines)
        return Step(key: key("credit"), command: note)
    }

    private func badDebts() throws -> [Step] {
        try invoice.rows.enumerated().map { index, row in
            let debt = BadDebt(
                reference: invoice.number, customer: customer, country: country, code: row.code,
                label: row.description.isEmpty ? nil : row.description, quantity: row.quantity, unitPrice: row.price)
            let id = invoice.rows.count == 1 ? invoice.number : "\(invoice.number)/\(index + 1)"
            return Step(key: key(index + 1), command: try RecordBadDebt(document: try DocumentID(id), debt: debt))
        }
    }

    private func key(_ part: some CustomStringConvertible) -> String { "or/\(invoice.number)/\(part)" }
}

/// What customers have bought and not given back, so that a credit note finds the order it undoes.
struct Purchases {
    private struct Key: Hashable {
        let customer: CustomerID
        let code: SKU
    }

    private struct Purchase {
        let order: OrderID
        var left: Int64
    }

    /// By customer and code, the oldest first.
    private var purchases: [Key: [Purchase]] = [:]
    /// How much of each order's charge was not given back, in ten-thousandths.
    private var chargeLeft: [OrderID: Int64] = [:]
    private(set) var matched = 0
    private(set) var unmatched = 0

    mutating func add(_ rows: [OnlineRetailFile.Row], customer: CustomerID?, order: OrderID, total: Money) {
        guard let customer else { return }
        chargeLeft[order] = total.exact.tenThousandths
        let pieces = Order.Pieces.summed(rows.map { Order.Pieces(code: $0.code, quantity: $0.quantity) })
        for piece in pieces {
            purchases[Key(customer: customer, code: piece.code), default: []].append(
                Purchase(order: order, left: piece.quantity))
        }
    }

    /// The newest order of the same customer and code of which enough is left, in pieces and in money; nil, on record
    /// as unmatched, where there is none or the customer is unknown.
    mutating func undo(_ quantity: Int64, of code: SKU, worth amount: Amount, customer: CustomerID?) -> OrderID? {
        guard let customer,
            let place = purchases[Key(customer: customer, code: code)]?.lastIndex(where: {
                $0.left >= quantity && chargeLeft[$0.order, default: 0] >= amount.tenThousandths
            }), let order = purchases[Key(customer: customer, code: code)]?[place].order
        else {
            unmatched += 1
            return nil
        }
        purchases[Key(customer: customer, code: code)]?[place].left -= quantity
        chargeLeft[order, default: 0] -= amount.tenThousandths
        matched += 1
        return order
    }
}
