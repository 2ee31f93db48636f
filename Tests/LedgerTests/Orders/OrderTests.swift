import Ledger
import Testing

@Suite("Paying, cancelling and fulfilling orders")
struct OrderTests {
    let books = LedgerBooks()

    init() {
        books.sell("LAMP", for: .gbp("2.50"), stock: [.at("main", 5), .at("attic", 4)])
        books.sell("VASE", for: .gbp("10"), stock: [.at("main", 3)])
        books.charge("POST")
    }

    private let postage = Cart.Charge(code: "POST", label: nil, quantity: 2, unitPrice: .gbp("2"))

    private func held(_ allocations: StockItem.Allocations) -> StockItem.Event {
        .reserved("o1", .init(allocations: allocations, order: "o1", expiresAt: nil))
    }

    private func pay(_ amount: Money) throws -> RecordPayment { try RecordPayment(order: "o1", amount: amount) }

    @Test("An order is paid in parts, up to its total and not beyond")
    func payment() throws {
        try books.order("o1", [.of("LAMP", 4)])
        let command = try RecordPayment(order: "o1", amount: .gbp("3"), method: "card")
        #expect(try books.when(command) == [.ofOrder("o1", .paid(.gbp("3"), method: "card"))])
        #expect(command.subject == .order("o1"))
        #expect(command.result(of: books.history) == CommandResult())
        #expect(try books.refusal(of: pay(.gbp("7.01"))) == .moreThanCharged)
        #expect(try books.refusal(of: pay(.gbp("7"))) == nil)
        #expect(try books.refusal(of: pay(.gbp("0.01"))) == .moreThanCharged)
        #expect(try books.order("o1").paidMinorUnits == 1_000)
    }

    @Test("What came back before it was paid needs no payment")
    func paymentAfterReturn() throws {
        try books.order("o1", [.of("LAMP", 4)])
        _ = try books.when(FulfilOrder(order: "o1"))
        _ = try books.when(ReturnItems(order: "o1", pieces: [.init(code: "LAMP", quantity: 1)], restock: true))
        #expect(try books.refusal(of: pay(.gbp("7.51"))) == .moreThanCharged)
        #expect(try books.refusal(of: pay(.gbp("7.50"))) == nil)
    }

    @Test("A payment is of the order's currency, for a known order that stands")
    func paymentRefused() throws {
        #expect(try books.refusal(of: pay(.gbp("1"))) == .unknownOrder)
        try books.order("o1", [.of("LAMP", 4)])
        #expect(try books.refusal(of: pay(.eur("1"))) == .currencyMismatch)
        try books.when(CancelOrder(order: "o1", reason: "late"))
        #expect(try books.refusal(of: pay(.gbp("1"))) == .orderCancelled)
    }

    @Test("Cancelling frees what the order held and owes back what was paid")
    func cancel() throws {
        try books.order("o1", [.of("LAMP", 6), .of("VASE", 1)], charges: [postage])
        try books.when(pay(.gbp("5.25")))
        let command = try CancelOrder(order: "o1", reason: "too late")
        #expect(
            try books.when(command) == [
                .ofOrder("o1", .cancelled(reason: "too late", refund: .gbp("5.25"))),
                .ofStock("LAMP", .released("o1", allocations: [.at("main", 5), .at("attic", 1)], expired: false)),
                .ofStock("VASE", .released("o1", allocations: [.at("main", 1)], expired: false)),
            ])
        #expect(try books.stock("LAMP").available(at: .noon) == 9)
        #expect(try books.order("o1").isCancelled)
        #expect(try books.order("o1").refundedMinorUnits == 525)
        #expect(command.subject == .order("o1"))
        #expect(command.result(of: books.history) == CommandResult())
    }

    @Test("Cancelling an order of charges moves no stock")
    func cancelCharges() throws {
        try books.order("o1", [], charges: [postage])
        let events = try books.when(CancelOrder(order: "o1", reason: "late"))
        #expect(events == [.ofOrder("o1", .cancelled(reason: "late", refund: .gbp("0")))])
    }

    @Test("What a credit note gave back already is not owed again by cancelling")
    func cancelAfterCredit() throws {
        try books.order("o1", [.of("VASE", 1)], charges: [postage])
        try books.when(pay(.gbp("14")))
        let line = CreditNote.Line(code: "POST", label: nil, quantity: 2, amount: .gbp("4"), order: "o1")
        try books.when(IssueCreditNote(lines: [line]))
        let events = try books.when(CancelOrder(order: "o1", reason: "late"))
        #expect(events.first == .ofOrder("o1", .cancelled(reason: "late", refund: .gbp("10"))))
        #expect(try books.order("o1").refundedMinorUnits == 1_400)
    }

    @Test("Cancelling owes nothing where more was credited than paid")
    func cancelAfterCreditUnpaid() throws {
        try books.order("o1", [.of("VASE", 1)], charges: [postage])
        try books.when(pay(.gbp("1")))
        let line = CreditNote.Line(code: "POST", label: nil, quantity: 2, amount: .gbp("4"), order: "o1")
        try books.when(IssueCreditNote(lines: [line]))
        let events = try books.when(CancelOrder(order: "o1", reason: "late"))
        #expect(events.first == .ofOrder("o1", .cancelled(reason: "late", refund: .gbp("0"))))
    }

    @Test("Only an order of which nothing was delivered can be cancelled, and once")
    func cancelRefused() throws {
        let command = try CancelOrder(order: "o1", reason: "late")
        #expect(try books.refusal(of: command) == .unknownOrder)
        try books.order("o1", [.of("LAMP", 2)])
        try books.order("o2", [.of("LAMP", 2)])
        try books.when(command)
        #expect(try books.refusal(of: command) == .orderCancelled)
        try books.when(FulfilOrder(order: "o2", pieces: [.of("LAMP", 1)]))
        #expect(try books.refusal(of: CancelOrder(order: "o2", reason: "late")) == .orderFulfilled)
    }

    @Test("Fulfilling ships all that is open, from where it was held")
    func fulfil() throws {
        try books.order("o1", [.of("LAMP", 6), .of("VASE", 1)], charges: [postage])
        let command = try FulfilOrder(order: "o1")
        #expect(
            try books.when(command) == [
                .ofOrder("o1", .fulfilled([.of("LAMP", 6), .of("VASE", 1)])),
                .ofStock("LAMP", .shipped("o1", allocations: [.at("main", 5), .at("attic", 1)])),
                .ofStock("VASE", .shipped("o1", allocations: [.at("main", 1)])),
            ])
        let stock = try books.stock("LAMP")
        #expect(stock.balance(of: .shipped) == 6)
        #expect(stock.balance(of: .reserved("main")) == 0)
        #expect(stock.available(at: .noon) == 3)
        #expect(stock.reservations.isEmpty)
        #expect(command.subject == .order("o1"))
        #expect(command.result(of: books.history) == CommandResult())
        #expect(try books.refusal(of: command) == .orderFulfilled)
        #expect(try books.refusal(of: FulfilOrder(order: "o1", pieces: [.of("LAMP", 1)])) == .orderFulfilled)
    }

    @Test("A part is shipped and the rest stays held for the order")
    func fulfilPart() throws {
        try books.order("o1", [.of("LAMP", 7), .of("VASE", 1)])
        let part = try FulfilOrder(order: "o1", pieces: [.of("LAMP", 6)])
        #expect(
            try books.when(part) == [
                .ofOrder("o1", .fulfilled([.of("LAMP", 6)])),
                .ofStock("LAMP", .released("o1", allocations: [.at("attic", 1)], expired: false)),
                .ofStock("LAMP", .shipped("o1", allocations: [.at("main", 5), .at("attic", 1)])),
                .ofStock("LAMP", held([.at("attic", 1)])),
            ])
        #expect(try books.stock("LAMP").available(at: .noon) == 2)
        #expect(try books.stock("LAMP").balance(of: .reserved("attic")) == 1)
        #expect(try books.refusal(of: part) == .moreThanOrdered)
        #expect(
            try books.when(FulfilOrder(order: "o1")) == [
                .ofOrder("o1", .fulfilled([.of("LAMP", 1), .of("VASE", 1)])),
                .ofStock("LAMP", .shipped("o1", allocations: [.at("attic", 1)])),
                .ofStock("VASE", .shipped("o1", allocations: [.at("main", 1)])),
            ])
        #expect(try books.order("o1").fulfilments == 2)
        #expect(try books.order("o1").fulfilled == ["LAMP": 7, "VASE": 1])
    }

    @Test("Part of one location's pieces is shipped and the other part stays")
    func fulfilWithinLocation() throws {
        try books.order("o1", [.of("LAMP", 7)])
        let events = try books.when(FulfilOrder(order: "o1", pieces: [.of("LAMP", 2)]))
        #expect(
            events.dropFirst() == [
                .ofStock("LAMP", .released("o1", allocations: [.at("main", 3), .at("attic", 2)], expired: false)),
                .ofStock("LAMP", .shipped("o1", allocations: [.at("main", 2)])),
                .ofStock("LAMP", held([.at("main", 3), .at("attic", 2)])),
            ])
    }

    @Test("Pieces of one product named twice are one")
    func fulfilSummed() throws {
        try books.order("o1", [.of("LAMP", 7)])
        let command = try FulfilOrder(order: "o1", pieces: [.of("LAMP", 3), .of("LAMP", 4)])
        #expect(try books.when(command).first == .ofOrder("o1", .fulfilled([.of("LAMP", 7)])))
    }

    @Test("Lines of one product are delivered as one")
    func fulfilLinesOfOneProduct() throws {
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 3))
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 2, quotedPrice: .gbp("1")))
        try books.when(PlaceOrder(cart: "c1", order: "o1"))
        #expect(try books.refusal(of: FulfilOrder(order: "o1", pieces: [.of("LAMP", 6)])) == .moreThanOrdered)
        let events = try books.when(FulfilOrder(order: "o1", pieces: [.of("LAMP", 5)]))
        #expect(events.count == 2)
    }

    @Test("An order of charges alone is fulfilled once, with nothing to ship")
    func fulfilCharges() throws {
        try books.order("o1", [], charges: [postage])
        #expect(try books.when(FulfilOrder(order: "o1")) == [.ofOrder("o1", .fulfilled([]))])
        #expect(try books.refusal(of: FulfilOrder(order: "o1")) == .orderFulfilled)
        #expect(try books.refusal(of: CancelOrder(order: "o1", reason: "late")) == .orderFulfilled)
    }

    @Test("Only what was ordered and is not delivered yet can be fulfilled")
    func fulfilRefused() throws {
        #expect(try books.refusal(of: FulfilOrder(order: "o1")) == .unknownOrder)
        try books.order("o1", [.of("LAMP", 2)], charges: [postage])
        let pieces = { try FulfilOrder(order: "o1", pieces: $0) }
        #expect(try books.refusal(of: pieces([.of("VASE", 1)])) == .notInOrder)
        #expect(try books.refusal(of: pieces([.of("POST", 1)])) == .notInOrder)
        #expect(try books.refusal(of: pieces([.of("LAMP", 3)])) == .moreThanOrdered)
        #expect(try books.refusal(of: pieces([.of("LAMP", 2), .of("LAMP", 1)])) == .moreThanOrdered)
        try books.when(CancelOrder(order: "o1", reason: "late"))
        #expect(try books.refusal(of: FulfilOrder(order: "o1")) == .orderCancelled)
    }
}
