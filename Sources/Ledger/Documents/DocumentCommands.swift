/// Takes goods and charges back at the note's own amounts. A line may name the order it undoes.
package struct IssueCreditNote: Command {
    package static let name = "issue-credit-note"
    let document: DocumentID?
    let reference: String?
    let customer: CustomerID?
    let country: String?
    let lines: [CreditNote.Line]

    package init(
        document: DocumentID? = nil, reference: String? = nil, customer: CustomerID? = nil, country: String? = nil,
        lines: [CreditNote.Line]
    ) throws(InvalidValue) {
        try DocumentLines.check(lines.count, reference: reference, country: country)
        for (index, line) in lines.enumerated() {
            do {
                try Self.check(line)
            } catch {
                throw error.inside("lines/\(index)")
            }
        }
        self.document = document
        self.reference = reference
        self.customer = customer
        self.country = country
        self.lines = lines
    }

    private static func check(_ line: CreditNote.Line) throws(InvalidValue) {
        try Quantity.check(line.quantity)
        if let label = line.label { try Text.check(label, noun: "label", bytesMax: 200) }
        guard line.amount.tenThousandths >= 0 else {
            throw InvalidValue(
                code: "invalid_amount", message: "A credit note's amounts are not negative.", field: "amount")
        }
    }

    package var subject: StreamName? { document.map { .document($0) } }

    package func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] {
        let id = document ?? DocumentID(trusted: moment.freshID)
        var sum = Amount(tenThousandths: 0, currency: lines[0].amount.currency)
        for line in lines { sum = try sum.adding(line.amount) }
        let refund = Rounding.halfUp.round(sum)
        let note = CreditNote(reference: reference, customer: customer, country: country, refund: refund, lines: lines)
        return [.document(id, try books.document(id).issue(.creditNoteIssued(note), as: id))]
            + (try creditOrders(refund, id, books)) + (try takeGoodsBack(id, books))
    }

    /// Each order's part of the refund is split off by largest remainder; the rest stands alone.
    private func creditOrders(_ refund: Money, _ id: DocumentID, _ books: any Books) throws -> [StreamEvent] {
        var orders: [OrderID?] = []
        for line in lines where !orders.contains(line.order) { orders.append(line.order) }
        let parts = refund.split(
            by: orders.map { order in lines.reduce(Int64(0)) { $1.order == order ? $0 + $1.amount.tenThousandths : $0 }
            })
        return try zip(orders, parts).compactMap { order, part in
            guard let order else { return nil }
            let pieces = lines.filter { $0.order == order }.map { Order.Pieces(code: $0.code, quantity: $0.quantity) }
            let event = try books.order(order).credit(
                Order.Pieces.summed(pieces), refund: part, customer: customer, document: id, id: order)
            return .order(order, event)
        }
    }

    private func takeGoodsBack(_ id: DocumentID, _ books: any Books) throws -> [StreamEvent] {
        let pieces = Order.Pieces.summed(lines.map { Order.Pieces(code: $0.code, quantity: $0.quantity) })
        return try pieces.compactMap { piece in
            guard let kind = try books.product(piece.code).kind else { throw Refusal.unknownProduct(piece.code) }
            guard kind == .goods else { return nil }
            let stock = try books.stock(piece.code)
            return .stock(
                piece.code, try stock.takeBack(piece.quantity, document: id, .restocked, sku: piece.code))
        }
    }

    package func result(of events: [StreamEvent]) -> CommandResult { .document(of: events) }

    package func describe(to bytes: inout CanonicalBytes) {
        for text in [document?.text, reference, customer?.text, country] { bytes.add(text) }
        bytes.add(lines) {
            $1.add($0.code)
            $1.add($0.label)
            $1.add($0.quantity)
            $1.add($0.amount)
            $1.add($0.order?.text)
        }
    }
}

/// Corrects stock up or down by a document. A line whose code is a charge is recorded and moves no stock.
package struct RecordAdjustment: Command {
    package static let name = "record-adjustment"
    let document: DocumentID?
    let adjustment: Adjustment

    package init(document: DocumentID? = nil, adjustment: Adjustment) throws(InvalidValue) {
        try DocumentLines.check(
            adjustment.lines.count, reference: adjustment.reference, country: adjustment.country)
        for (index, line) in adjustment.lines.enumerated() {
            do throws(InvalidValue) {
                try Quantity.check(delta: line.delta)
                try Text.check(line.reason, noun: "reason", bytesMax: 500)
            } catch {
                throw error.inside("lines/\(index)")
            }
        }
        self.document = document
        self.adjustment = adjustment
    }

    package var subject: StreamName? { document.map { .document($0) } }

    package func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] {
        let id = document ?? DocumentID(trusted: moment.freshID)
        var events = [StreamEvent.document(id, try books.document(id).issue(.adjustmentRecorded(adjustment), as: id))]
        var stocks: [SKU: StockItem] = [:]
        for line in adjustment.lines {
            guard let kind = try books.product(line.code).kind else { throw Refusal.unknownProduct(line.code) }
            guard kind == .goods else { continue }
            // Several lines may concern one SKU: each is decided on what the lines before it left.
            var stock = try stocks[line.code] ?? books.stock(line.code)
            let adjusted = try stock.adjust(
                adjustment.location, by: line.delta, reason: line.reason, sku: line.code, now: moment.now)
            for event in adjusted {
                stock.apply(event)
                events.append(.stock(line.code, event))
            }
            stocks[line.code] = stock
        }
        return events
    }

    package func result(of events: [StreamEvent]) -> CommandResult { .document(of: events) }

    package func describe(to bytes: inout CanonicalBytes) {
        for text in [document?.text, adjustment.reference, adjustment.country] { bytes.add(text) }
        bytes.add(adjustment.currency.code)
        bytes.add(adjustment.location)
        bytes.add(adjustment.lines) {
            $1.add($0.code)
            $1.add($0.delta)
            $1.add($0.reason)
        }
    }
}

package struct RecordBadDebt: Command {
    package static let name = "record-bad-debt"
    let document: DocumentID?
    let debt: BadDebt

    package init(document: DocumentID? = nil, debt: BadDebt) throws(InvalidValue) {
        try DocumentLines.check(1, reference: debt.reference, country: debt.country)
        try Quantity.check(debt.quantity)
        if let label = debt.label { try Text.check(label, noun: "label", bytesMax: 200) }
        let magnitude = Amount(
            tenThousandths: Int64(debt.unitPrice.tenThousandths.magnitude), currency: debt.unitPrice.currency)
        try ChangePrice.check(magnitude, field: "unitPrice")
        self.document = document
        self.debt = debt
    }

    package var subject: StreamName? { document.map { .document($0) } }

    package func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] {
        let id = document ?? DocumentID(trusted: moment.freshID)
        guard try books.product(debt.code).kind != nil else { throw Refusal.unknownProduct(debt.code) }
        _ = try debt.unitPrice.times(debt.quantity)
        return [.document(id, try books.document(id).issue(.badDebtRecorded(debt), as: id))]
    }

    package func result(of events: [StreamEvent]) -> CommandResult { .document(of: events) }

    package func describe(to bytes: inout CanonicalBytes) {
        for text in [document?.text, debt.reference, debt.customer?.text, debt.country, debt.label] { bytes.add(text) }
        bytes.add(debt.code)
        bytes.add(debt.quantity)
        bytes.add(debt.unitPrice)
    }
}

private enum DocumentLines {
    static func check(_ count: Int, reference: String?, country: String?) throws(InvalidValue) {
        guard (1...Cart.linesMax).contains(count) else {
            throw InvalidValue(
                code: "invalid_lines", message: "lines has 1 to \(Cart.linesMax) entries.", field: "lines")
        }
        if let reference { try Text.check(reference, noun: "reference", bytesMax: 200) }
        if let country { try Text.check(country, noun: "country", bytesMax: 100) }
    }
}

extension CommandResult {
    fileprivate static func document(of events: [StreamEvent]) -> CommandResult {
        guard let stream = events.first?.stream else { return CommandResult() }
        return CommandResult([("document", .text(stream.id))], shows: stream)
    }
}
