import Ledger
import TestTools
import Testing

@Suite("Returning goods of an order")
struct ReturnTests {
    let books = LedgerBooks()

    init() {
        books.sell("LAMP", for: .gbp("2.50"), stock: [.at("main", 5), .at("attic", 40)])
        books.sell("VASE", for: .gbp("10"), stock: [.at("main", 3)])
        books.charge("POST")
    }

    private let postage = Cart.Charge(code: "POST", label: nil, quantity: 2, unitPrice: .gbp("2"))

    private func giveBack(_ pieces: [Order.Pieces], restock: Bool = true, damaged: Bool = false) throws -> ReturnItems {
        try ReturnItems(order: "o1", pieces: pieces, restock: restock, damaged: damaged)
    }

    @Test("Returned goods are for sale again, their part of the charge is refunded, on a credit note")
    func restock() throws {
        try books.order(
            "o1", [.of("LAMP", 4), .of("VASE", 1)], charges: [postage], customer: "17850", country: "France")
        try books.when(FulfilOrder(order: "o1"))
        let command = try giveBack([.of("VASE", 1), .of("LAMP", 2), .of("LAMP", 1)])
        let events = try books.when(command, freshID: "d-new")
        let note = CreditNote(
            reference: nil, customer: "17850", country: "France", refund: .gbp("17.50"),
            lines: [
                .init(code: "VASE", label: nil, quantity: 1, amount: .gbp("10"), order: "o1"),
                .init(code: "LAMP", label: nil, quantity: 3, amount: .gbp("7.50"), order: "o1"),
            ])
        #expect(
            events == [
                .ofOrder(
                    "o1", .returned([.of("VASE", 1), .of("LAMP", 3)], document: "d-new", refund: .gbp("17.50"))),
                .ofDocument("d-new", .creditNoteIssued(note)),
                .ofStock("VASE", .takenBack(.at("main", 1), document: "d-new", .restocked)),
                .ofStock("LAMP", .takenBack(.at("attic", 3), document: "d-new", .restocked)),
            ])
        #expect(
            command.result(of: events)
                == CommandResult([("creditNote", .text("d-new")), ("refund", .money(.gbp("17.50")))]))
        #expect(command.result(of: []) == CommandResult())
        #expect(command.subject == .order("o1"))
        #expect(try books.stock("LAMP").balance(of: .shipped) == 1)
        #expect(try books.stock("LAMP").available(at: .noon) == 44)
        #expect(try books.order("o1").refundedMinorUnits == 1_750)
        #expect(try books.order("o1").returns == 1)
        #expect(try books.document("d-new").exists)
    }

    @Test("Goods that are not restocked go to the account of returns")
    func notRestocked() throws {
        try books.order("o1", [.of("LAMP", 4)])
        try books.when(FulfilOrder(order: "o1"))
        let events = try books.when(giveBack([.of("LAMP", 4)], restock: false), freshID: "d1")
        #expect(events.last == .ofStock("LAMP", .takenBack(.at("attic", 4), document: "d1", .keptApart)))
        #expect(try books.stock("LAMP").balance(of: .returned) == 4)
        #expect(try books.stock("LAMP").available(at: .noon) == 41)
    }

    @Test("Goods that are damaged go to an account of their own, and are refunded like others")
    func damaged() throws {
        try books.order("o1", [.of("LAMP", 4)])
        try books.when(FulfilOrder(order: "o1"))
        let events = try books.when(giveBack([.of("LAMP", 4)], restock: false, damaged: true), freshID: "d1")
        #expect(events.last == .ofStock("LAMP", .takenBack(.at("attic", 4), document: "d1", .damaged)))
        #expect(try books.stock("LAMP").balance(of: .damaged) == 4)
        #expect(try books.stock("LAMP").balance(of: .returned) == 0)
        #expect(try books.order("o1").refundedMinorUnits == 1_000)
    }

    @Test("What is damaged is not for sale again")
    func restockedAndDamaged() {
        #expect {
            try giveBack([.of("LAMP", 1)], restock: true, damaged: true)
        } throws: {
            ($0 as? InvalidValue)?.code == "restocked_and_damaged" && ($0 as? InvalidValue)?.field == "damaged"
        }
    }

    @Test("No more comes back than was delivered and has not come back yet")
    func tooMuch() throws {
        try books.order("o1", [.of("LAMP", 4)])
        #expect(try books.refusal(of: giveBack([.of("LAMP", 1)])) == .moreThanFulfilled)
        try books.when(FulfilOrder(order: "o1", pieces: [.of("LAMP", 3)]))
        #expect(try books.order("o1").returnable("LAMP") == 3)
        #expect(try books.refusal(of: giveBack([.of("LAMP", 4)])) == .moreThanFulfilled)
        #expect(try books.refusal(of: giveBack([.of("LAMP", 2), .of("LAMP", 2)])) == .moreThanFulfilled)
        #expect(try books.refusal(of: giveBack([.of("LAMP", 2)])) == nil)
        #expect(try books.refusal(of: giveBack([.of("LAMP", 2)])) == .moreThanFulfilled)
        #expect(try books.refusal(of: giveBack([.of("LAMP", 1)])) == nil)
        #expect(try books.order("o1").returnable("LAMP") == 0)
    }

    @Test("Only goods of a standing order come back")
    func refused() throws {
        #expect(try books.refusal(of: giveBack([.of("LAMP", 1)])) == .unknownOrder)
        #expect(try books.order("o1").returnable("LAMP") == 0)
        try books.order("o1", [.of("LAMP", 4)], charges: [postage])
        #expect(try books.refusal(of: giveBack([.of("VASE", 1)])) == .notInOrder)
        #expect(try books.refusal(of: giveBack([.of("POST", 1)])) == .noStockKept)
        try books.when(CancelOrder(order: "o1", reason: "late"))
        #expect(try books.refusal(of: giveBack([.of("LAMP", 1)])) == .orderCancelled)
        #expect(try books.order("o1").returnable("POST") == 0)
    }

    @Test("A return that would be put back into too full a stock is refused")
    func tooLarge() throws {
        try books.order("o1", [.of("LAMP", 4)])
        try books.when(FulfilOrder(order: "o1"))
        books.given([.ofStock("LAMP", .received(.at("main", 1_000_000_000_000 - 41), reference: nil))])
        #expect(try books.refusal(of: giveBack([.of("LAMP", 1)])) == .stockTooLarge)
    }

    @Test("A return that is not put back for sale finds no stock too full")
    func tooLargeNotRestocked() throws {
        try books.order("o1", [.of("LAMP", 4)])
        try books.when(FulfilOrder(order: "o1"))
        books.given([.ofStock("LAMP", .received(.at("main", 1_000_000_000_000 - 41), reference: nil))])
        #expect(try books.refusal(of: giveBack([.of("LAMP", 1)], restock: false)) == nil)
    }

    @Test("Three pieces for a pound give back 33, 33 and 34 pence")
    func thirds() throws {
        books.sell("PEN", for: .gbp("0.3333"))
        try books.order("o1", [.of("PEN", 3)])
        try books.when(FulfilOrder(order: "o1"))
        #expect(try books.order("o1").terms?.total == .gbp("1"))
        var refunds: [Int64] = []
        for _ in 1...3 {
            let before = try books.order("o1").refundedMinorUnits
            try books.when(giveBack([.of("PEN", 1)]))
            refunds.append(try books.order("o1").refundedMinorUnits - before)
        }
        #expect(refunds == [33, 33, 34])
    }

    @Test("A credit note's own amount is never refunded a second time by a return")
    func afterCreditNote() throws {
        try books.order("o1", [.of("LAMP", 4)])
        try books.when(FulfilOrder(order: "o1"))
        let line = CreditNote.Line(code: "LAMP", label: nil, quantity: 1, amount: .gbp("9"), order: "o1")
        try books.when(IssueCreditNote(lines: [line]))
        let events = try books.when(giveBack([.of("LAMP", 3)]), freshID: "d1")
        #expect(events.first == .ofOrder("o1", .returned([.of("LAMP", 3)], document: "d1", refund: .gbp("1"))))
    }

    @Test("Any sequence of partial returns gives back exactly the charge", arguments: 0..<100)
    func partsSumToCharge(run: Int) throws {
        var random = SplitMix64.of("returns", run)
        let books = LedgerBooks(holdsDecisionsToPromise: false)
        let currency = [Currency.gbp, .jpy, .kwd].randomElement(using: &random)!
        var open: [SKU: Int64] = [:]
        for index in 0..<Int.random(in: 1...5, using: &random) {
            let sku = SKU(trusted: "SKU-\(index)")
            books.sell(sku, for: Amount(tenThousandths: .random(in: 0...99_999, using: &random), currency: currency))
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                let quantity = Int64.random(in: 1...12, using: &random)
                let quoted: Amount? =
                    Bool.random(using: &random)
                    ? Amount(tenThousandths: .random(in: 0...99_999, using: &random), currency: currency) : nil
                try books.when(AddToCart(cart: "c1", sku: sku, quantity: quantity, quotedPrice: quoted))
                open[sku, default: 0] += quantity
            }
        }
        try books.when(PlaceOrder(cart: "c1", order: "o1"))
        try books.when(FulfilOrder(order: "o1"))
        let total = try #require(try books.order("o1").terms?.total.minorUnits)
        while !open.isEmpty {
            var pieces: [Order.Pieces] = []
            for sku in open.keys.sorted().shuffled(using: &random).prefix(2) {
                let quantity = Int64.random(in: 1...open[sku]!, using: &random)
                pieces.append(.of(sku, quantity))
                open[sku] = quantity == open[sku] ? nil : open[sku]! - quantity
            }
            try books.when(giveBack(pieces, restock: Bool.random(using: &random)))
            let refunded = try books.order("o1").refundedMinorUnits
            #expect(refunded <= total, "run \(run), DAYBOOK_TEST_SEED=\(SplitMix64.seed)")
        }
        let refunded = try books.order("o1").refundedMinorUnits
        #expect(refunded == total, "run \(run), DAYBOOK_TEST_SEED=\(SplitMix64.seed)")
    }
}
