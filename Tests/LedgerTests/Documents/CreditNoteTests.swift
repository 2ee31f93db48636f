import Ledger
import Testing

@Suite("Credit notes")
struct CreditNoteTests {
    let books = LedgerBooks()

    init() {
        books.sell("LAMP", for: .gbp("2.50"), stock: [.at("main", 5), .at("attic", 40)])
        books.sell("VASE", for: .gbp("10"), stock: [.at("main", 3)])
        books.charge("POST")
    }

    private let postage = Cart.Charge(code: "POST", label: nil, quantity: 1, unitPrice: .gbp("4"))

    private func line(_ code: SKU, _ quantity: Int64, _ amount: Amount, of order: OrderID? = nil) -> CreditNote.Line {
        .init(code: code, label: nil, quantity: quantity, amount: amount, order: order)
    }

    @Test("A credit note that matches no order takes the goods back into the fullest location")
    func alone() throws {
        let lines = [line("LAMP", 2, .gbp("5")), line("POST", 1, .gbp("4")), line("LAMP", 1, .gbp("2.505"))]
        let command = try IssueCreditNote(reference: "C536379", customer: "17850", country: "France", lines: lines)
        let events = try books.when(command, freshID: "d-new")
        let note = CreditNote(
            reference: "C536379", customer: "17850", country: "France", refund: .gbp("11.51"), lines: lines)
        #expect(
            events == [
                .ofDocument("d-new", .creditNoteIssued(note)),
                .ofStock("LAMP", .takenBack(.at("attic", 3), document: "d-new", .restocked)),
            ])
        #expect(
            command.result(of: events) == CommandResult([("document", .text("d-new"))], shows: .document("d-new")))
        #expect(command.result(of: []) == CommandResult())
        #expect(command.subject == nil)
        // Sold before the ledger began: what is with customers goes below zero.
        #expect(try books.stock("LAMP").balance(of: .shipped) == -3)
        #expect(try books.stock("LAMP").available(at: .noon) == 48)
    }

    @Test("Goods of which no stock was ever received go to main")
    func toMain() throws {
        books.sell("PEN", stock: [])
        let events = try books.when(IssueCreditNote(document: "d1", lines: [line("PEN", 1, .gbp("1"))]))
        #expect(events.last == .ofStock("PEN", .takenBack(.at("main", 1), document: "d1", .restocked)))
    }

    @Test("The refund is split over the orders it undoes, to the penny")
    func overOrders() throws {
        try books.order("o1", [.of("LAMP", 2)], charges: [postage], customer: "17850")
        try books.order("o2", [.of("VASE", 1)], customer: "17850")
        try books.when(FulfilOrder(order: "o1"))
        try books.when(FulfilOrder(order: "o2"))
        let command = try IssueCreditNote(
            document: "d1", customer: "17850",
            lines: [
                line("LAMP", 1, .gbp("0.3333"), of: "o1"), line("VASE", 1, .gbp("0.3333"), of: "o2"),
                line("POST", 1, .gbp("0.3333"), of: "o1"), line("LAMP", 1, .gbp("0.3333")),
            ])
        let events = try books.when(command)
        // 1.3332 is 1.33; of it o1 66.67 + o2 33.33 + none 33.33 hundredths exactly: the largest remainder is o1's.
        #expect(
            events.dropFirst() == [
                .ofOrder(
                    "o1", .returned([.of("LAMP", 1), .of("POST", 1)], document: "d1", refund: .gbp("0.67"))),
                .ofOrder("o2", .returned([.of("VASE", 1)], document: "d1", refund: .gbp("0.33"))),
                .ofStock("LAMP", .takenBack(.at("attic", 2), document: "d1", .restocked)),
                .ofStock("VASE", .takenBack(.at("main", 1), document: "d1", .restocked)),
            ])
        #expect(command.subject == .document("d1"))
        #expect(try books.order("o1").refundedMinorUnits == 67)
        #expect(try books.order("o1").returnable("POST") == 0)
    }

    @Test("A document is issued once, whatever it is")
    func twice() throws {
        let command = try IssueCreditNote(document: "d1", lines: [line("LAMP", 1, .gbp("1"))])
        try books.when(command)
        #expect(try books.refusal(of: command) == .documentExists)
        let debt = BadDebt(
            reference: nil, customer: nil, country: nil, code: "LAMP", label: nil, quantity: 1, unitPrice: .gbp("1"))
        #expect(try books.refusal(of: RecordBadDebt(document: "d1", debt: debt)) == .documentExists)
        let adjustment = Adjustment(
            reference: nil, country: nil, currency: .gbp, location: "main",
            lines: [.init(code: "LAMP", delta: 1, reason: "count")])
        #expect(try books.refusal(of: RecordAdjustment(document: "d1", adjustment: adjustment)) == .documentExists)
    }

    @Test("Lines are of one currency, and of registered products")
    func linesRefused() throws {
        let mixed = try IssueCreditNote(lines: [line("LAMP", 1, .gbp("1")), line("LAMP", 1, .eur("1"))])
        #expect(try books.refusal(of: mixed) == .currencyMismatch)
        let unknown = try IssueCreditNote(lines: [line("GHOST", 1, .gbp("1"))])
        #expect(try books.refusal(of: unknown) == .unknownProduct)
        let large = try Amount("99999999999", currency: .gbp)
        let tooLarge = try IssueCreditNote(lines: [line("LAMP", 1, large), line("LAMP", 1, large)])
        #expect(try books.refusal(of: tooLarge) == .amountTooLarge)
    }

    @Test("An order is credited to its own customer, for what was delivered or charged, up to the charge")
    func orderRefused() throws {
        let credit = { (lines: [CreditNote.Line]) in try IssueCreditNote(customer: "17850", lines: lines) }
        #expect(try books.refusal(of: credit([line("LAMP", 1, .gbp("1"), of: "o1")])) == .unknownOrder)
        try books.order("o1", [.of("LAMP", 2)], charges: [postage], customer: "17850")
        #expect(try books.refusal(of: credit([line("LAMP", 1, .gbp("1"), of: "o1")])) == .moreThanFulfilled)
        try books.when(FulfilOrder(order: "o1"))
        #expect(try books.refusal(of: credit([line("VASE", 1, .gbp("1"), of: "o1")])) == .notInOrder)
        #expect(try books.refusal(of: credit([line("POST", 2, .gbp("1"), of: "o1")])) == .moreThanFulfilled)
        #expect(try books.refusal(of: credit([line("LAMP", 1, .eur("1"), of: "o1")])) == .currencyMismatch)
        #expect(try books.refusal(of: credit([line("LAMP", 1, .gbp("9.01"), of: "o1")])) == .moreThanCharged)
        let other = try IssueCreditNote(customer: "1", lines: [line("LAMP", 1, .gbp("1"), of: "o1")])
        #expect(try books.refusal(of: other) == .notInOrder)
        let twice = [line("LAMP", 2, .gbp("1"), of: "o1"), line("LAMP", 1, .gbp("1"), of: "o1")]
        #expect(try books.refusal(of: credit(twice)) == .moreThanFulfilled)
        #expect(try books.refusal(of: credit([line("LAMP", 2, .gbp("9"), of: "o1")])) == nil)
        #expect(try books.refusal(of: credit([line("POST", 1, .gbp("0.01"), of: "o1")])) == .moreThanCharged)
    }

    @Test("A cancelled order is not credited")
    func cancelled() throws {
        try books.order("o1", [.of("LAMP", 2)], charges: [postage])
        try books.when(CancelOrder(order: "o1", reason: "late"))
        let command = try IssueCreditNote(lines: [line("POST", 1, .gbp("1"), of: "o1")])
        #expect(try books.refusal(of: command) == .orderCancelled)
    }
}
