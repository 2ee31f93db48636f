import Ledger
import Testing

@Suite("Adjustments and bad debts")
struct DocumentTests {
    let books = LedgerBooks()

    init() {
        books.sell("LAMP", stock: [.at("main", 5)])
        books.sell("VASE", stock: [.at("main", 3)])
        books.charge("POST")
    }

    private func adjustment(_ lines: [(SKU, Int64)], at location: Location = "main") -> Adjustment {
        .init(
            reference: "A563185", country: "United Kingdom", currency: .gbp, location: location,
            lines: lines.map { .init(code: $0.0, delta: $0.1, reason: "damaged") })
    }

    private func debt(_ price: Amount, quantity: Int64 = 1, code: SKU = "B") -> BadDebt {
        .init(
            reference: "A563186", customer: "17850", country: "France", code: code, label: "Adjust bad debt",
            quantity: quantity, unitPrice: price)
    }

    @Test("An adjustment moves stock line by line, and no stock of charges")
    func adjust() throws {
        let paper = adjustment([("LAMP", -4), ("POST", -1), ("VASE", 2), ("LAMP", 3), ("LAMP", -4)])
        let command = try RecordAdjustment(adjustment: paper)
        let events = try books.when(command, freshID: "d-new")
        #expect(
            events == [
                .ofDocument("d-new", .adjustmentRecorded(paper)),
                .ofStock("LAMP", .adjusted("main", delta: -4, reason: "damaged")),
                .ofStock("VASE", .adjusted("main", delta: 2, reason: "damaged")),
                .ofStock("LAMP", .adjusted("main", delta: 3, reason: "damaged")),
                .ofStock("LAMP", .adjusted("main", delta: -4, reason: "damaged")),
            ])
        #expect(
            command.result(of: events) == CommandResult([("document", .text("d-new"))], shows: .document("d-new")))
        #expect(command.subject == nil)
        #expect(try RecordAdjustment(document: "d1", adjustment: paper).subject == .document("d1"))
        #expect(try books.stock("LAMP").available(at: .noon) == 0)
        #expect(try books.stock("LAMP").balance(of: .lost) == 5)
    }

    @Test("Each line of an adjustment is decided on what the lines before it left")
    func adjustTooMuch() throws {
        let command = try RecordAdjustment(adjustment: adjustment([("VASE", -1), ("LAMP", -3), ("LAMP", -3)]))
        #expect(try books.refusal(of: command) == .notEnoughStock)
        #expect(try books.stock("VASE").available(at: .noon) == 3)
        let elsewhere = try RecordAdjustment(adjustment: adjustment([("LAMP", -1)], at: "attic"))
        #expect(try books.refusal(of: elsewhere) == .notEnoughStock)
    }

    @Test("An adjustment takes what expired reservations held")
    func adjustExpired() throws {
        try books.when(ReserveStock(sku: "LAMP", quantity: 4, reservation: "r1", expiresInSeconds: 60))
        let command = try RecordAdjustment(document: "d1", adjustment: adjustment([("LAMP", -3), ("LAMP", -2)]))
        #expect(try books.refusal(of: command) == .notEnoughStock)
        let events = try books.when(command, at: .noon.adding(seconds: 60))
        #expect(
            events.dropFirst() == [
                .ofStock("LAMP", .released("r1", allocations: [.at("main", 4)], expired: true)),
                .ofStock("LAMP", .adjusted("main", delta: -3, reason: "damaged")),
                .ofStock("LAMP", .adjusted("main", delta: -2, reason: "damaged")),
            ])
    }

    @Test("An adjustment names registered products, and does not make stock too large")
    func adjustRefused() throws {
        #expect(try books.refusal(of: RecordAdjustment(adjustment: adjustment([("GHOST", 1)]))) == .unknownProduct)
        books.given([.ofStock("LAMP", .received(.at("main", 999_999_999_994), reference: nil))])
        let command = try RecordAdjustment(adjustment: adjustment([("LAMP", 1), ("LAMP", 1)]))
        #expect(try books.refusal(of: command) == .stockTooLarge)
    }

    @Test("A bad debt is written down, negative too, and moves nothing")
    func badDebt() throws {
        books.charge("B")
        let command = try RecordBadDebt(debt: debt(.gbp("-11062.06")))
        let events = try books.when(command, freshID: "d-new")
        #expect(events == [.ofDocument("d-new", .badDebtRecorded(debt(.gbp("-11062.06"))))])
        #expect(
            command.result(of: events) == CommandResult([("document", .text("d-new"))], shows: .document("d-new")))
        #expect(command.subject == nil)
        #expect(try RecordBadDebt(document: "d1", debt: debt(.gbp("1"))).subject == .document("d1"))
    }

    @Test("A bad debt names a registered product and a sum the ledger can hold")
    func badDebtRefused() throws {
        #expect(try books.refusal(of: RecordBadDebt(debt: debt(.gbp("1")))) == .unknownProduct)
        books.charge("B")
        let large = try RecordBadDebt(debt: debt(.gbp("-1000000"), quantity: 100_001))
        #expect(try books.refusal(of: large) == .amountTooLarge)
        #expect(try books.refusal(of: RecordBadDebt(debt: debt(.gbp("-1000000"), quantity: 100_000))) == nil)
    }
}
