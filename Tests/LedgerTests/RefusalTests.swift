import Ledger
import Testing

@Suite("Refusals")
struct RefusalTests {
    /// The shortest way to each refusal. No `default`: a new code needs a way of its own.
    private func command(refusedWith code: Refusal.Code, in books: LedgerBooks) throws -> (any Command)? {
        books.sell("LAMP", stock: [.at("main", 5)])
        books.sell("VASE", for: .eur("9"))
        books.sell("PEN", for: nil)
        books.charge("POST")
        try books.order("placed", [.of("LAMP", 1)])
        try books.order("cancelled", [.of("LAMP", 1)])
        try books.when(CancelOrder(order: "cancelled", reason: "late"))
        let refund = { CreditNote.Line(code: $0, label: nil, quantity: 1, amount: .gbp("1"), order: nil) }
        switch code {
        case .unknownProduct: return try ReceiveStock(sku: "GHOST", location: "main", quantity: 1)
        case .unknownCart: return try PlaceOrder(cart: "c1")
        case .unknownOrder: return try FulfilOrder(order: "o1")
        case .unknownReservation: return ReleaseStock(sku: "LAMP", reservation: "r1")
        case .productExists: return try RegisterProduct(sku: "LAMP", details: .init(name: "Lamp"))
        case .notForSale:
            return try AddCharge(
                cart: "c1", charge: .init(code: "LAMP", label: nil, quantity: 1, unitPrice: .gbp("1")))
        case .noPrice: return try AddToCart(cart: "c1", sku: "PEN", quantity: 1)
        case .noStockKept: return try ReceiveStock(sku: "POST", location: "main", quantity: 1)
        case .notEnoughStock: return try ReserveStock(sku: "LAMP", quantity: 5)
        case .stockTooLarge:
            books.given([.ofStock("LAMP", .received(.at("main", 999_999_999_995), reference: nil))])
            return try ReceiveStock(sku: "LAMP", location: "main", quantity: 1)
        case .reservationExists:
            try books.when(ReserveStock(sku: "LAMP", quantity: 1, reservation: "r1"))
            return try ReserveStock(sku: "LAMP", quantity: 1, reservation: "r1")
        case .reservationOfOrder: return ReleaseStock(sku: "LAMP", reservation: "placed")
        case .cartClosed: return try AddToCart(cart: "cart-of-placed", sku: "LAMP", quantity: 1)
        case .cartEmpty:
            try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 1))
            try books.when(RemoveFromCart(cart: "c1", sku: "LAMP"))
            return try PlaceOrder(cart: "c1")
        case .cartFull:
            try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 100_000_000))
            return try AddToCart(cart: "c1", sku: "LAMP", quantity: 1)
        case .notInCart:
            try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 1))
            return RemoveFromCart(cart: "c1", sku: "VASE")
        case .orderExists:
            try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 1))
            return try PlaceOrder(cart: "c1", order: "placed")
        case .orderCancelled: return try FulfilOrder(order: "cancelled")
        case .orderFulfilled:
            try books.when(FulfilOrder(order: "placed"))
            return try FulfilOrder(order: "placed")
        case .notInOrder: return try FulfilOrder(order: "placed", pieces: [.of("VASE", 1)])
        case .moreThanOrdered: return try FulfilOrder(order: "placed", pieces: [.of("LAMP", 2)])
        case .moreThanFulfilled: return try ReturnItems(order: "placed", pieces: [.of("LAMP", 1)], restock: true)
        case .moreThanCharged: return try RecordPayment(order: "placed", amount: .gbp("2.56"))
        case .documentExists:
            try books.when(IssueCreditNote(document: "d1", lines: [refund("LAMP")]))
            return try IssueCreditNote(document: "d1", lines: [refund("LAMP")])
        case .currencyMismatch: return try RecordPayment(order: "placed", amount: .eur("1"))
        case .amountTooLarge:
            try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 100_001, quotedPrice: .gbp("1000000")))
            return try PlaceOrder(cart: "c1")
        case .recordTooLarge: return nil  // The Writer's: no rule knows how long a record is.
        }
    }

    @Test("Every refusal can be met, and changes nothing", arguments: Refusal.Code.allCases)
    func everyCode(code: Refusal.Code) throws {
        let books = LedgerBooks()
        guard let command = try command(refusedWith: code, in: books) else { return }
        let before = books.history
        #expect(try books.refusal(of: command) == code)
        #expect(books.history == before)
    }

    @Test("The words of the refusals are a contract")
    func words() {
        #expect(
            Refusal.Code.allCases.map(\.rawValue).sorted() == [
                "amount_too_large", "cart_closed", "cart_empty", "cart_full", "currency_mismatch", "document_exists",
                "more_than_charged", "more_than_fulfilled", "more_than_ordered", "no_price", "no_stock_kept",
                "not_enough_stock", "not_for_sale", "not_in_cart", "not_in_order", "order_cancelled", "order_exists",
                "order_fulfilled", "product_exists", "record_too_large", "reservation_exists", "reservation_of_order",
                "stock_too_large", "unknown_cart", "unknown_order", "unknown_product", "unknown_reservation",
            ])
    }

    @Test("What does not exist is told apart from what a rule forbids")
    func unknown() {
        let unknown = Refusal.Code.allCases.filter(\.isUnknown)
        #expect(unknown == [.unknownProduct, .unknownCart, .unknownOrder, .unknownReservation])
    }

    private struct Unreadable: Error {}

    @Test("Books that can't be read fail the command instead of refusing it")
    func unreadable() throws {
        let books = LedgerBooks()
        books.fault = Unreadable()
        let line = CreditNote.Line(code: "A", label: nil, quantity: 1, amount: .gbp("1"), order: nil)
        let charge = Cart.Charge(code: "P", label: nil, quantity: 1, unitPrice: .gbp("1"))
        let adjustment = Adjustment(
            reference: nil, country: nil, currency: .gbp, location: "main",
            lines: [.init(code: "A", delta: 1, reason: "count")])
        let debt = BadDebt(
            reference: nil, customer: nil, country: nil, code: "B", label: nil, quantity: 1, unitPrice: .gbp("1"))
        let commands: [any Command] = [
            try RegisterProduct(sku: "A", details: .init(name: "A")), try ChangePrice(sku: "A", price: .gbp("1")),
            try ReceiveStock(sku: "A", location: "main", quantity: 1),
            try AdjustStock(sku: "A", location: "main", delta: 1, reason: "count"),
            try ReserveStock(sku: "A", quantity: 1), ReleaseStock(sku: "A", reservation: "r1"),
            try AddToCart(cart: nil, sku: "A", quantity: 1), try AddCharge(cart: nil, charge: charge),
            try ChangeCartQuantity(cart: "c1", sku: "A", quantity: 1), RemoveFromCart(cart: "c1", sku: "A"),
            try PlaceOrder(cart: "c1"), try RecordPayment(order: "o1", amount: .gbp("1")),
            try CancelOrder(order: "o1", reason: "late"), try FulfilOrder(order: "o1"),
            try ReturnItems(order: "o1", pieces: [.of("A", 1)], restock: true), try IssueCreditNote(lines: [line]),
            try RecordAdjustment(adjustment: adjustment), try RecordBadDebt(debt: debt),
        ]
        for command in commands {
            #expect(throws: Unreadable.self, "\(type(of: command))") { try books.when(command) }
        }
        #expect(books.history.isEmpty)
    }
}
