import Ledger

/// A document as the sales report counts it.
struct SalesEntry: Codable {
    enum Kind: String, Codable, CaseIterable {
        case order = "orders"
        case adjustment = "adjustments"
        case creditNote = "creditNotes"
        case badDebt = "badDebts"
    }

    struct Line: Codable {
        let code: String
        let quantity: Int64
        /// Exact, in ten-thousandths.
        let amount: Int64
    }

    let kind: Kind
    let month: String
    let day: String
    let country: String
    let currency: String
    let lines: [Line]

    private init(_ kind: Kind, at time: Timestamp, country: String?, currency: Currency, lines: [Line]) {
        self.kind = kind
        month = time.month
        day = time.day
        self.country = country ?? "Unspecified"
        self.currency = currency.code
        self.lines = lines
    }

    init(_ order: Order.Placement, at time: Timestamp) {
        self.init(
            .order, at: time, country: order.country, currency: order.total.currency,
            lines: order.lines.map {
                Line(code: $0.sku.text, quantity: $0.quantity, amount: $0.quantity * $0.unitPrice.tenThousandths)
            }
                + order.charges.map {
                    Line(code: $0.code.text, quantity: $0.quantity, amount: $0.quantity * $0.unitPrice.tenThousandths)
                })
    }

    /// Taken back counts below zero.
    init(_ event: Document.Event, at time: Timestamp) {
        switch event {
        case .creditNoteIssued(let note):
            self.init(
                .creditNote, at: time, country: note.country, currency: note.refund.currency,
                lines: note.lines.map {
                    Line(code: $0.code.text, quantity: -$0.quantity, amount: -$0.amount.tenThousandths)
                })
        case .adjustmentRecorded(let adjustment):
            self.init(
                .adjustment, at: time, country: adjustment.country, currency: adjustment.currency,
                lines: adjustment.lines.map { Line(code: $0.code.text, quantity: $0.delta, amount: 0) })
        case .badDebtRecorded(let debt):
            self.init(
                .badDebt, at: time, country: debt.country, currency: debt.unitPrice.currency,
                lines: [
                    Line(
                        code: debt.code.text, quantity: debt.quantity,
                        amount: debt.quantity * debt.unitPrice.tenThousandths)
                ])
        }
    }
}

package enum SalesDimension: String, CaseIterable, Sendable {
    case month
    case day
    case country
    case product
}

struct SalesKey: Hashable, Comparable {
    let dimension: SalesDimension
    let currency: String
    let key: String

    static func < (left: SalesKey, right: SalesKey) -> Bool {
        (left.dimension.rawValue, left.currency, left.key) < (right.dimension.rawValue, right.currency, right.key)
    }
}

/// Sums of lines. Amounts in ten-thousandths.
struct SalesFigures {
    private(set) var lines: Int64 = 0
    private(set) var quantity: Int64 = 0
    /// Sold by orders.
    private(set) var gross: Int64 = 0
    /// Given back by credit notes, below zero.
    private(set) var returns: Int64 = 0
    /// Changed by bad debts and adjustments.
    private(set) var adjustments: Int64 = 0

    init() {}

    /// - Parameter sign: 1 to count the line, -1 to take it out again.
    init(_ line: SalesEntry.Line, of kind: SalesEntry.Kind, sign: Int64) {
        lines = sign
        quantity = sign * line.quantity
        switch kind {
        case .order: gross = sign * line.amount
        case .creditNote: returns = sign * line.amount
        case .adjustment, .badDebt: adjustments = sign * line.amount
        }
    }

    /// - Throws: `SalesOverflow` rather than a wrong sum.
    mutating func add(_ other: SalesFigures) throws {
        func sum(_ left: Int64, _ right: Int64) throws -> Int64 {
            let (sum, overflow) = left.addingReportingOverflow(right)
            guard !overflow else { throw SalesOverflow() }
            return sum
        }
        lines += other.lines
        quantity = try sum(quantity, other.quantity)
        gross = try sum(gross, other.gross)
        returns = try sum(returns, other.returns)
        adjustments = try sum(adjustments, other.adjustments)
    }
}

struct SalesOverflow: Error, CustomStringConvertible {
    var description: String { "A sum of sales is beyond 900 million million; the report can't hold it." }
}
