/// A shopper's promise to pay and the shop's to deliver.
package struct Order: Aggregate {
    package struct Line: Equatable, Sendable, Codable {
        package let sku: SKU
        package let quantity: Int64
        package let unitPrice: Amount

        package init(sku: SKU, quantity: Int64, unitPrice: Amount) {
            self.sku = sku
            self.quantity = quantity
            self.unitPrice = unitPrice
        }
    }

    /// How many of a code: of a SKU, or of a charge.
    package struct Pieces: Equatable, Sendable, Codable {
        package let code: SKU
        package let quantity: Int64

        package init(code: SKU, quantity: Int64) {
            self.code = code
            self.quantity = quantity
        }
    }

    package struct Placement: Equatable, Sendable, Codable {
        package let number: Int64
        package let cart: CartID
        /// The shop's own name for the order: an invoice number.
        package let reference: String?
        /// Nil for a guest.
        package let customer: CustomerID?
        package let country: String?
        /// Who to write and deliver to; nil where none was given, or where it was erased since.
        package let contact: Contact?
        package let lines: [Line]
        package let charges: [Cart.Charge]
        /// The sum of all lines and charges, rounded once by `rounding`.
        package let total: Money
        package let rounding: Rounding

        package init(
            number: Int64, cart: CartID, reference: String?, customer: CustomerID?, country: String?, contact: Contact?,
            lines: [Line], charges: [Cart.Charge], total: Money, rounding: Rounding
        ) {
            self.number = number
            self.cart = cart
            self.reference = reference
            self.customer = customer
            self.country = country
            self.contact = contact
            self.lines = lines
            self.charges = charges
            self.total = total
            self.rounding = rounding
        }
    }

    package enum Event: Equatable, Sendable {
        case placed(Placement)
        case paid(Money, method: String?)
        case fulfilled([Pieces])
        case cancelled(reason: String, refund: Money)
        case returned([Pieces], document: DocumentID, refund: Money)
    }

    /// What the rules need of the placement. Persons are not in it.
    package struct Terms: Equatable, Sendable, Codable {
        package let customer: CustomerID?
        package let country: String?
        package let lines: [Line]
        package let charges: [Cart.Charge]
        package let total: Money
    }

    /// Nil before the order is placed.
    package private(set) var terms: Terms?
    package private(set) var isCancelled = false
    package private(set) var fulfilments = 0
    package private(set) var returns = 0
    package private(set) var fulfilled: [SKU: Int64] = [:]
    package private(set) var returned: [SKU: Int64] = [:]
    /// In minor units of the order's currency.
    package private(set) var paidMinorUnits: Int64 = 0
    package private(set) var refundedMinorUnits: Int64 = 0

    package init() {}

    package mutating func apply(_ event: Event) {
        switch event {
        case .placed(let order):
            terms = Terms(
                customer: order.customer, country: order.country, lines: order.lines, charges: order.charges,
                total: order.total)
        case .paid(let money, _): paidMinorUnits += money.minorUnits
        case .fulfilled(let pieces):
            fulfilments += 1
            for piece in pieces { fulfilled[piece.code, default: 0] += piece.quantity }
        case .cancelled(_, let refund):
            isCancelled = true
            refundedMinorUnits += refund.minorUnits
        case .returned(let pieces, _, let refund):
            returns += 1
            for piece in pieces { returned[piece.code, default: 0] += piece.quantity }
            refundedMinorUnits += refund.minorUnits
        }
    }
}

// Decisions.
extension Order {
    func pay(_ money: Money, method: String?, id: OrderID) throws(Refusal) -> Event {
        let terms = try open(id)
        guard money.currency == terms.total.currency else {
            throw .currencyMismatch(terms.total.currency, money.currency)
        }
        // What came back before it was paid needs no payment.
        let due = max(0, terms.total.minorUnits - refundedMinorUnits - paidMinorUnits)
        guard money.minorUnits <= due else {
            let left = Money(minorUnits: due, currency: money.currency)
            throw Refusal(
                .moreThanCharged,
                "Order \"\(id)\" has \(left.text) \(left.currency) left to pay; \(money.text) is more.")
        }
        return .paid(money, method: method)
    }

    func cancel(reason: String, id: OrderID) throws(Refusal) -> Event {
        let terms = try open(id)
        guard fulfilments == 0 else {
            throw Refusal(
                .orderFulfilled, "Order \"\(id)\" was delivered at least in part. Take goods back with return-items.")
        }
        // A credit note may have given charges back before anything was delivered.
        let owed = max(0, paidMinorUnits - refundedMinorUnits)
        return .cancelled(reason: reason, refund: Money(minorUnits: owed, currency: terms.total.currency))
    }

    /// - Parameter pieces: nil for all that is not yet delivered.
    func fulfil(_ pieces: [Pieces]?, id: OrderID) throws(Refusal) -> Event {
        let terms = try open(id)
        let open = terms.goods.compactMap { piece -> Pieces? in
            let left = piece.quantity - fulfilled[piece.code, default: 0]
            return left > 0 ? Pieces(code: piece.code, quantity: left) : nil
        }
        guard !open.isEmpty || (terms.goods.isEmpty && fulfilments == 0) else {
            throw Refusal(.orderFulfilled, "Order \"\(id)\" was delivered completely.")
        }
        guard let pieces else { return .fulfilled(open) }
        for piece in pieces {
            guard terms.goods.contains(where: { $0.code == piece.code }) else { throw Self.notInOrder(piece.code, id) }
            let left = open.first { $0.code == piece.code }?.quantity ?? 0
            guard piece.quantity <= left else {
                throw Refusal(
                    .moreThanOrdered,
                    "Order \"\(id)\" has \(left) of \"\(piece.code)\" left to deliver; \(piece.quantity) is more.")
            }
        }
        return .fulfilled(pieces)
    }

    /// Goods of the order come back, and the customer gets their part of the charge: the charge split over the
    /// codes by largest remainder, then by pieces, so that all returns together give back exactly the charge.
    func takeBack(_ pieces: [Pieces], document: DocumentID, id: OrderID) throws(Refusal) -> (
        event: Event, refunds: [Money]
    ) {
        let terms = try open(id)
        try refuseReturn(of: pieces, id: id)
        let charges = terms.chargeByCode()
        var left = terms.total.minorUnits - refundedMinorUnits
        let refunds = pieces.map { piece -> Money in
            let charged = charges.first { $0.pieces.code == piece.code }!  // refuseReturn found it in the order.
            let before = min(returned[piece.code, default: 0], charged.pieces.quantity)
            let sofar = charged.money.share(of: before, outOf: charged.pieces.quantity)
            let then = charged.money.share(of: before + piece.quantity, outOf: charged.pieces.quantity)
            let refund = min(then.minorUnits - sofar.minorUnits, left)
            left -= refund
            return Money(minorUnits: refund, currency: terms.total.currency)
        }
        let sum = Money(minorUnits: refunds.reduce(0) { $0 + $1.minorUnits }, currency: terms.total.currency)
        return (.returned(pieces, document: document, refund: sum), refunds)
    }

    /// A credit note undoes a part of the order at the note's own amount.
    func credit(_ pieces: [Pieces], refund: Money, customer: CustomerID?, document: DocumentID, id: OrderID)
        throws(Refusal) -> Event
    {
        let terms = try open(id)
        guard terms.customer == customer else {
            throw Refusal(.notInOrder, "Order \"\(id)\" is of another customer than the credit note.")
        }
        try refuseReturn(of: pieces, id: id)
        guard refund.currency == terms.total.currency else {
            throw .currencyMismatch(terms.total.currency, refund.currency)
        }
        guard refundedMinorUnits + refund.minorUnits <= terms.total.minorUnits else {
            throw Refusal(
                .moreThanCharged,
                "Order \"\(id)\" was charged \(terms.total.text); refunds would come to more than that.")
        }
        return .returned(pieces, document: document, refund: refund)
    }

    /// How many of `code` could still come back.
    package func returnable(_ code: SKU) -> Int64 {
        guard let terms, !isCancelled else { return 0 }
        let charged = terms.charges.reduce(Int64(0)) { $1.code == code ? $0 + $1.quantity : $0 }
        return fulfilled[code, default: 0] + charged - returned[code, default: 0]
    }

    private func refuseReturn(of pieces: [Pieces], id: OrderID) throws(Refusal) {
        for piece in pieces {
            guard let terms, terms.contains(piece.code) else { throw Self.notInOrder(piece.code, id) }
            let left = returnable(piece.code)
            guard piece.quantity <= left else {
                throw Refusal(
                    .moreThanFulfilled,
                    "Of order \"\(id)\" \(left) of \"\(piece.code)\" can come back; \(piece.quantity) is more.")
            }
        }
    }

    private func open(_ id: OrderID) throws(Refusal) -> Terms {
        guard let terms else { throw Refusal(.unknownOrder, "There is no order \"\(id)\".") }
        guard !isCancelled else { throw Refusal(.orderCancelled, "Order \"\(id)\" was cancelled and changes no more.") }
        return terms
    }

    private static func notInOrder(_ code: SKU, _ id: OrderID) -> Refusal {
        Refusal(.notInOrder, "Order \"\(id)\" has no \"\(code)\".")
    }
}

extension Order.Terms {
    /// The goods by SKU, in the order of their first lines.
    package var goods: [Order.Pieces] {
        Order.Pieces.summed(lines.map { Order.Pieces(code: $0.sku, quantity: $0.quantity) })
    }

    func contains(_ code: SKU) -> Bool {
        lines.contains { $0.sku == code } || charges.contains { $0.code == code }
    }

    /// What each code was charged, to the minor unit; together exactly the total.
    func chargeByCode() -> [(pieces: Order.Pieces, money: Money)] {
        let all =
            lines.map { (code: $0.sku, quantity: $0.quantity, price: $0.unitPrice) }
            + charges.map { (code: $0.code, quantity: $0.quantity, price: $0.unitPrice) }
        let parts = total.split(by: all.map { $0.quantity * $0.price.tenThousandths })
        var byCode: [(pieces: Order.Pieces, money: Money)] = []
        var places: [SKU: Int] = [:]
        for (item, part) in zip(all, parts) {
            if let place = places[item.code] {
                let known = byCode[place]
                byCode[place] = (
                    Order.Pieces(code: item.code, quantity: known.pieces.quantity + item.quantity),
                    Money(minorUnits: known.money.minorUnits + part.minorUnits, currency: total.currency)
                )
            } else {
                places[item.code] = byCode.count
                byCode.append((Order.Pieces(code: item.code, quantity: item.quantity), part))
            }
        }
        return byCode
    }
}

extension Order.Pieces {
    /// One entry for each code, in the order of first appearance.
    package static func summed(_ pieces: [Order.Pieces]) -> [Order.Pieces] {
        var sums: [Order.Pieces] = []
        var places: [SKU: Int] = [:]
        for piece in pieces {
            if let place = places[piece.code] {
                sums[place] = Order.Pieces(code: piece.code, quantity: sums[place].quantity + piece.quantity)
            } else {
                places[piece.code] = sums.count
                sums.append(piece)
            }
        }
        return sums
    }
}
