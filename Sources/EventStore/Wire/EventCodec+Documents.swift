import Ledger
import SwiftProtobuf

extension EventCodec {
    static func encode(_ event: Document.Event) throws -> (EventType, [UInt8]) {
        switch event {
        case .creditNoteIssued(let note): (.creditNoteIssued, try encode(note))
        case .adjustmentRecorded(let adjustment): (.adjustmentRecorded, try encode(adjustment))
        case .badDebtRecorded(let debt): (.badDebtRecorded, try encode(debt))
        }
    }

    private static func encode(_ note: CreditNote) throws -> [UInt8] {
        try bytes(
            Daybook_V1_CreditNoteIssued.with {
                if let reference = note.reference { $0.reference = reference }
                if let customer = note.customer { $0.customer = customer.text }
                if let country = note.country { $0.country = country }
                $0.refund = Daybook_V1_Money(note.refund)
                $0.lines = note.lines.map { line in
                    .with {
                        $0.code = line.code.text
                        if let label = line.label { $0.label = label }
                        $0.quantity = line.quantity
                        $0.amount = Daybook_V1_Amount(line.amount)
                        if let order = line.order { $0.order = order.text }
                    }
                }
            })
    }

    private static func encode(_ adjustment: Adjustment) throws -> [UInt8] {
        try bytes(
            Daybook_V1_AdjustmentRecorded.with {
                if let reference = adjustment.reference { $0.reference = reference }
                if let country = adjustment.country { $0.country = country }
                $0.currency = adjustment.currency.code
                $0.location = adjustment.location.text
                $0.lines = adjustment.lines.map { line in
                    .with {
                        $0.code = line.code.text
                        $0.delta = line.delta
                        $0.reason = line.reason
                    }
                }
            })
    }

    private static func encode(_ debt: BadDebt) throws -> [UInt8] {
        try bytes(
            Daybook_V1_BadDebtRecorded.with {
                if let reference = debt.reference { $0.reference = reference }
                if let customer = debt.customer { $0.customer = customer.text }
                if let country = debt.country { $0.country = country }
                $0.code = debt.code.text
                if let label = debt.label { $0.label = label }
                $0.quantity = debt.quantity
                $0.unitPrice = Daybook_V1_Amount(debt.unitPrice)
            })
    }
}

extension Daybook_V1_CreditNoteIssued {
    var event: Document.Event {
        .creditNoteIssued(
            CreditNote(
                reference: hasReference ? reference : nil,
                customer: hasCustomer ? CustomerID(trusted: customer) : nil, country: hasCountry ? country : nil,
                refund: refund.value,
                lines: lines.map {
                    CreditNote.Line(
                        code: SKU(trusted: $0.code), label: $0.hasLabel ? $0.label : nil, quantity: $0.quantity,
                        amount: $0.amount.value, order: $0.hasOrder ? OrderID(trusted: $0.order) : nil)
                }))
    }
}

extension Daybook_V1_AdjustmentRecorded {
    var event: Document.Event {
        .adjustmentRecorded(
            Adjustment(
                reference: hasReference ? reference : nil, country: hasCountry ? country : nil,
                currency: Currency(trusted: currency), location: Location(trusted: location),
                lines: lines.map { Adjustment.Line(code: SKU(trusted: $0.code), delta: $0.delta, reason: $0.reason) }))
    }
}

extension Daybook_V1_BadDebtRecorded {
    var event: Document.Event {
        .badDebtRecorded(
            BadDebt(
                reference: hasReference ? reference : nil,
                customer: hasCustomer ? CustomerID(trusted: customer) : nil, country: hasCountry ? country : nil,
                code: SKU(trusted: code), label: hasLabel ? label : nil, quantity: quantity, unitPrice: unitPrice.value)
        )
    }
}
