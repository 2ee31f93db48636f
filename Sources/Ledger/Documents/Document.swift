/// A paper of the shop's books beside orders: issued once, never altered.
package struct Document: Aggregate {
    package enum Event: Equatable, Sendable {
        case creditNoteIssued(CreditNote)
        case adjustmentRecorded(Adjustment)
        case badDebtRecorded(BadDebt)
    }

    package private(set) var exists = false

    package init() {}

    package mutating func apply(_ event: Event) {
        exists = true
    }

    func issue(_ event: Event, as id: DocumentID) throws(Refusal) -> Event {
        guard !exists else {
            throw Refusal(.documentExists, "Document \"\(id)\" exists already; documents are never altered.")
        }
        return event
    }
}

/// Goods or charges taken back, money given back.
package struct CreditNote: Equatable, Sendable {
    package struct Line: Equatable, Sendable {
        package let code: SKU
        package let label: String?
        package let quantity: Int64
        /// Quantity times unit price, exact.
        package let amount: Amount
        /// The order it undoes; nil where none matched.
        package let order: OrderID?

        package init(code: SKU, label: String?, quantity: Int64, amount: Amount, order: OrderID?) {
            self.code = code
            self.label = label
            self.quantity = quantity
            self.amount = amount
            self.order = order
        }
    }

    package let reference: String?
    package let customer: CustomerID?
    package let country: String?
    /// The sum of the lines, rounded once, half up.
    package let refund: Money
    package let lines: [Line]

    package init(reference: String?, customer: CustomerID?, country: String?, refund: Money, lines: [Line]) {
        self.reference = reference
        self.customer = customer
        self.country = country
        self.refund = refund
        self.lines = lines
    }
}

/// Stock found to be more or less than the books say: a count, damage, a correction. No money moves.
package struct Adjustment: Equatable, Sendable {
    package struct Line: Equatable, Sendable {
        package let code: SKU
        package let delta: Int64
        package let reason: String

        package init(code: SKU, delta: Int64, reason: String) {
            self.code = code
            self.delta = delta
            self.reason = reason
        }
    }

    package let reference: String?
    package let country: String?
    /// The currency of the books it belongs to.
    package let currency: Currency
    package let location: Location
    package let lines: [Line]

    package init(reference: String?, country: String?, currency: Currency, location: Location, lines: [Line]) {
        self.reference = reference
        self.country = country
        self.currency = currency
        self.location = location
        self.lines = lines
    }
}

/// A claim written off, or the correction of one: money without goods.
package struct BadDebt: Equatable, Sendable {
    package let reference: String?
    package let customer: CustomerID?
    package let country: String?
    package let code: SKU
    package let label: String?
    package let quantity: Int64
    /// Of one; negative where a debt is written off.
    package let unitPrice: Amount

    package init(
        reference: String?, customer: CustomerID?, country: String?, code: SKU, label: String?, quantity: Int64,
        unitPrice: Amount
    ) {
        self.reference = reference
        self.customer = customer
        self.country = country
        self.code = code
        self.label = label
        self.quantity = quantity
        self.unitPrice = unitPrice
    }
}
