package struct RecordPayment: Command {
    package static let name = "record-payment"
    let order: OrderID
    let amount: Money
    let method: String?

    package init(order: OrderID, amount: Money, method: String? = nil) throws(InvalidValue) {
        guard amount.minorUnits > 0 else {
            throw InvalidValue(
                code: "invalid_amount", message: "A payment is more than 0; this one is \(amount.text).",
                field: "amount")
        }
        if let method { try Text.check(method, noun: "method", bytesMax: 100) }
        self.order = order
        self.amount = amount
        self.method = method
    }

    package var subject: StreamName? { .order(order) }

    package func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] {
        [.order(order, try books.order(order).pay(amount, method: method, id: order))]
    }

    package func describe(to bytes: inout CanonicalBytes) {
        bytes.add(order)
        bytes.add(amount.minorUnits)
        bytes.add(amount.currency.code)
        bytes.add(method)
    }
}

/// Ends an order of which nothing was delivered: its stock is free again, what was paid is owed back.
package struct CancelOrder: Command {
    package static let name = "cancel-order"
    let order: OrderID
    let reason: String

    package init(order: OrderID, reason: String) throws(InvalidValue) {
        try Text.check(reason, noun: "reason", bytesMax: 500)
        self.order = order
        self.reason = reason
    }

    package var subject: StreamName? { .order(order) }

    package func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] {
        let standing = try books.order(order)
        let cancelled = try standing.cancel(reason: reason, id: order)
        let releases = try (standing.terms?.goods ?? []).compactMap { piece in
            try books.stock(piece.code).releaseOrder(order.reservation).map { StreamEvent.stock(piece.code, $0) }
        }
        return [.order(order, cancelled)] + releases
    }

    package func describe(to bytes: inout CanonicalBytes) {
        bytes.add(order)
        bytes.add(reason)
    }
}

/// Goods leave the house: all that is open, or the pieces named.
package struct FulfilOrder: Command {
    package static let name = "fulfil-order"
    let order: OrderID
    let pieces: [Order.Pieces]?

    package init(order: OrderID, pieces: [Order.Pieces]? = nil) throws(InvalidValue) {
        if let pieces { try Self.check(pieces) }
        self.order = order
        self.pieces = pieces.map(Order.Pieces.summed)
    }

    static func check(_ pieces: [Order.Pieces]) throws(InvalidValue) {
        guard !pieces.isEmpty, pieces.count <= Cart.linesMax else {
            throw InvalidValue(
                code: "invalid_lines", message: "lines has 1 to \(Cart.linesMax) entries.", field: "lines")
        }
        for piece in pieces { try Quantity.check(piece.quantity) }
    }

    package var subject: StreamName? { .order(order) }

    package func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] {
        let fulfilled = try books.order(order).fulfil(pieces, id: order)
        guard case .fulfilled(let shipped) = fulfilled else { return [] }
        let shipments = try shipped.flatMap { piece in
            try books.stock(piece.code).ship(piece.quantity, of: order.reservation).map {
                StreamEvent.stock(piece.code, $0)
            }
        }
        return [.order(order, fulfilled)] + shipments
    }

    package func describe(to bytes: inout CanonicalBytes) {
        bytes.add(order)
        bytes.add(pieces == nil ? 0 : 1)
        bytes.add(pieces ?? []) {
            $1.add($0.code)
            $1.add($0.quantity)
        }
    }
}

/// Goods of one order come back and their part of the charge is refunded, on a credit note of its own.
package struct ReturnItems: Command {
    package static let name = "return-items"
    let order: OrderID
    let pieces: [Order.Pieces]
    let disposition: StockItem.Disposition

    /// What becomes of the goods does not change the refund.
    ///
    /// - Parameters:
    ///   - restock: whether the goods are for sale again.
    ///   - damaged: whether they can't be sold any more; where they are neither they are kept apart.
    package init(
        order: OrderID, pieces: [Order.Pieces], restock: Bool, damaged: Bool = false
    ) throws(InvalidValue) {
        guard !(restock && damaged) else {
            throw InvalidValue(
                code: "restocked_and_damaged", message: "Goods that are damaged can't be for sale again.",
                field: "damaged")
        }
        try FulfilOrder.check(pieces)
        self.order = order
        self.pieces = Order.Pieces.summed(pieces)
        disposition = damaged ? .damaged : restock ? .restocked : .keptApart
    }

    package var subject: StreamName? { .order(order) }

    package func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] {
        let standing = try books.order(order)
        let document = DocumentID(trusted: moment.freshID)
        let (returned, refunds) = try standing.takeBack(pieces, document: document, id: order)
        guard case .returned(_, _, let refund) = returned else { return [] }
        for piece in pieces { try books.product(piece.code).requireGoods(piece.code) }
        let note = CreditNote(
            reference: nil, customer: standing.terms?.customer, country: standing.terms?.country, refund: refund,
            lines: zip(pieces, refunds).map { piece, money in
                CreditNote.Line(
                    code: piece.code, label: nil, quantity: piece.quantity, amount: money.exact, order: order)
            })
        let goods = try pieces.map { piece in
            StreamEvent.stock(
                piece.code,
                try books.stock(piece.code).takeBack(
                    piece.quantity, document: document, disposition, sku: piece.code))
        }
        return [.order(order, returned), .document(document, .creditNoteIssued(note))] + goods
    }

    package func result(of events: [StreamEvent]) -> CommandResult {
        for event in events {
            if case .order(.returned(_, let document, let refund)) = event.event {
                return CommandResult([("creditNote", .text(document.text)), ("refund", .money(refund))])
            }
        }
        return CommandResult()
    }

    package func describe(to bytes: inout CanonicalBytes) {
        bytes.add(order)
        bytes.add(pieces) {
            $1.add($0.code)
            $1.add($0.quantity)
        }
        bytes.add(disposition.number)
    }
}

extension StockItem.Disposition {
    /// In fingerprints, for ever.
    fileprivate var number: Int64 {
        switch self {
        case .keptApart: 0
        case .restocked: 1
        case .damaged: 2
        }
    }
}
