import Ledger
import Testing

@Suite("Placing orders")
struct PlaceOrderTests {
    let books = LedgerBooks()

    private func postage(_ price: Amount, quantity: Int64 = 1) -> Cart.Charge {
        .init(code: "POST", label: nil, quantity: quantity, unitPrice: price)
    }

    private func placement(
        of events: [StreamEvent], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Order.Placement {
        let placements = events.compactMap { event -> Order.Placement? in
            if case .order(.placed(let placement)) = event.event { placement } else { nil }
        }
        #expect(placements.count == 1, sourceLocation: sourceLocation)
        return try #require(placements.first, sourceLocation: sourceLocation)
    }

    private func held(_ allocations: StockItem.Allocations, for order: OrderID) -> StockItem.Event {
        .reserved(.init(trusted: order.text), .init(allocations: allocations, order: order, expiresAt: nil))
    }

    @Test("An order reserves every line, closes the cart, is written down and gets its number, in one step")
    func place() throws {
        books.sell("LAMP", for: .gbp("2.55"), stock: [.at("main", 3), .at("attic", 2)])
        books.sell("VASE", for: .gbp("10"), stock: [.at("main", 1)])
        books.charge("POST")
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 4))
        try books.when(AddToCart(cart: "c1", sku: "VASE", quantity: 1))
        try books.when(AddCharge(cart: "c1", charge: postage(.gbp("4.95"))))
        let address = try Contact.Address(name: "Ada", line1: "1 Mill Lane", city: "London", country: "United Kingdom")
        let contact = try Contact(email: "ada@example.org", shippingAddress: address)
        let command = try PlaceOrder(cart: "c1", contact: contact, reference: "INV 1", customer: "17850")
        let events = try books.when(command, freshID: "o-new")
        let placement = Order.Placement(
            number: 1, cart: "c1", reference: "INV 1", customer: "17850", country: "United Kingdom", contact: contact,
            lines: [
                .init(sku: "LAMP", quantity: 4, unitPrice: .gbp("2.55")),
                .init(sku: "VASE", quantity: 1, unitPrice: .gbp("10")),
            ], charges: [postage(.gbp("4.95"))], total: .gbp("25.15"), rounding: .halfUp)
        #expect(
            events == [
                .ofStock("LAMP", held([.at("main", 3), .at("attic", 1)], for: "o-new")),
                .ofStock("VASE", held([.at("main", 1)], for: "o-new")),
                .ofCart("c1", .ordered("o-new")),
                .ofOrder("o-new", .placed(placement)),
                .ofNumbers(.assigned(1, "o-new")),
            ])
        #expect(
            command.result(of: events)
                == CommandResult(
                    [("order", .text("o-new")), ("number", .text("1")), ("total", .money(.gbp("25.15")))],
                    shows: .order("o-new")))
        #expect(command.result(of: []) == CommandResult())
        #expect(command.subject == .cart("c1"))
        #expect(try books.cart("c1").order == "o-new")
        #expect(try books.order("o-new").terms?.customer == "17850")
    }

    @Test("A country that is said counts before the shipping address's")
    func country() throws {
        books.sell("LAMP")
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 1))
        let address = try Contact.Address(name: "Ada", line1: "1 Mill Lane", city: "London", country: "United Kingdom")
        let contact = try Contact(email: nil, shippingAddress: address)
        let events = try books.when(PlaceOrder(cart: "c1", contact: contact, country: "France"))
        #expect(try placement(of: events).country == "France")
    }

    @Test("A contact is kept in the event and not in the state")
    func contactIsNotKept() throws {
        books.sell("LAMP")
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 1))
        try books.when(PlaceOrder(cart: "c1", contact: Contact(email: "ada@example.org", shippingAddress: nil)))
        #expect(!String(decoding: try books.state(), as: UTF8.self).contains("ada@"))
    }

    @Test("Orders are numbered without gaps, refusals between them or not")
    func numbers() throws {
        books.sell("LAMP", stock: [.at("main", 3)])
        for (order, number) in [("o1", 1), ("o2", 2), ("o3", 3)] as [(OrderID, Int64)] {
            #expect(try books.refusal(of: PlaceOrder(cart: "nothing")) == .unknownCart)
            let events = try books.order(order, [.of("LAMP", 1)])
            #expect(try placement(of: events).number == number)
            #expect(events.last == .ofNumbers(.assigned(number, order)))
        }
        try books.when(CancelOrder(order: "o3", reason: "changed my mind"))
        #expect(try placement(of: books.order("o4", [.of("LAMP", 1)])).number == 4)
    }

    @Test("Where one line is short nothing at all is reserved")
    func allOrNothing() throws {
        books.sell("LAMP", stock: [.at("main", 5)])
        books.sell("VASE", stock: [.at("main", 1)])
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 5))
        try books.when(AddToCart(cart: "c1", sku: "VASE", quantity: 2))
        let before = books.history
        #expect(try books.refusal(of: PlaceOrder(cart: "c1", order: "o1")) == .notEnoughStock)
        #expect(books.history == before)
        #expect(try books.stock("LAMP").available(at: .noon) == 5)
        #expect(try books.stock("LAMP").reservations.isEmpty)
        #expect(try books.order("o1").terms == nil)
        #expect(try books.cart("c1").order == nil)
        #expect(try books.orderNumbers().last == 0)
        try books.when(ReceiveStock(sku: "VASE", location: "main", quantity: 1))
        #expect(try books.refusal(of: PlaceOrder(cart: "c1", order: "o1")) == nil)
    }

    @Test("Lines of one product are reserved together, and are short together")
    func summedLines() throws {
        books.sell("LAMP", stock: [.at("main", 5)])
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 3))
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 3, quotedPrice: .gbp("1")))
        #expect(try books.refusal(of: PlaceOrder(cart: "c1", order: "o1")) == .notEnoughStock)
        try books.when(ReceiveStock(sku: "LAMP", location: "main", quantity: 1))
        let events = try books.when(PlaceOrder(cart: "c1", order: "o1"))
        #expect(events.first == .ofStock("LAMP", held([.at("main", 6)], for: "o1")))
        let lines: [Order.Line] = [
            .init(sku: "LAMP", quantity: 3, unitPrice: .gbp("2.55")),
            .init(sku: "LAMP", quantity: 3, unitPrice: .gbp("1")),
        ]
        #expect(try placement(of: events).lines == lines)
    }

    @Test("Of two orders for the last piece one gets it")
    func lastPiece() throws {
        books.sell("LAMP", stock: [.at("main", 1)])
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 1))
        try books.when(AddToCart(cart: "c2", sku: "LAMP", quantity: 1))
        #expect(try books.refusal(of: PlaceOrder(cart: "c1")) == nil)
        #expect(try books.refusal(of: PlaceOrder(cart: "c2")) == .notEnoughStock)
    }

    @Test("An order takes what a reservation held until this instant")
    func takesExpired() throws {
        books.sell("LAMP", stock: [.at("main", 1)])
        try books.when(ReserveStock(sku: "LAMP", quantity: 1, reservation: "r1", expiresInSeconds: 60))
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 1))
        let expiry = Timestamp.noon.adding(seconds: 60)
        let before = Timestamp(microseconds: expiry.microseconds - 1)
        #expect(try books.refusal(of: PlaceOrder(cart: "c1", order: "o1"), at: before) == .notEnoughStock)
        let events = try books.when(PlaceOrder(cart: "c1", order: "o1"), at: expiry)
        #expect(
            events.prefix(2) == [
                .ofStock("LAMP", .released("r1", allocations: [.at("main", 1)], expired: true)),
                .ofStock("LAMP", held([.at("main", 1)], for: "o1")),
            ])
    }

    @Test("An order holds its stock without expiry")
    func neverExpires() throws {
        books.sell("LAMP", stock: [.at("main", 1)])
        try books.order("o1", [.of("LAMP", 1)])
        let muchLater = Timestamp.noon.adding(seconds: 1_000_000_000)
        #expect(try books.stock("LAMP").available(at: muchLater) == 0)
        #expect(try books.refusal(of: ReserveStock(sku: "LAMP", quantity: 1), at: muchLater) == .notEnoughStock)
    }

    @Test(
        "The total is rounded once, half up",
        arguments: [
            ("0.125", 3, "0.38"), ("0.1249", 3, "0.37"), ("0.005", 1, "0.01"), ("0.0049", 1, "0.00"),
            ("0.0017", 3, "0.01"),
        ])
    func rounding(price: String, quantity: Int64, total: String) throws {
        books.sell("LAMP", for: .gbp(price))
        let events = try books.order("o1", [.of("LAMP", quantity)])
        #expect(try placement(of: events).total.text == total)
    }

    @Test("Halves of two lines make a whole, because only the sum is rounded")
    func roundingOfSum() throws {
        books.sell("LAMP", for: .gbp("0.005"))
        books.sell("VASE", for: .gbp("0.005"))
        let events = try books.order("o1", [.of("LAMP", 1), .of("VASE", 1)])
        #expect(try placement(of: events).total == .gbp("0.01"))
    }

    @Test("An order of charges alone reserves nothing")
    func chargesOnly() throws {
        books.charge("POST")
        try books.when(AddCharge(cart: "c1", charge: postage(.gbp("4.95"), quantity: 2)))
        let events = try books.when(PlaceOrder(cart: "c1", order: "o1"))
        #expect(events.map(\.stream) == [.cart("c1"), .order("o1"), .orderNumbers])
        #expect(try placement(of: events).total == .gbp("9.90"))
    }

    @Test("A cart that is unknown, or emptied, becomes no order")
    func empty() throws {
        books.sell("LAMP")
        #expect(try books.refusal(of: PlaceOrder(cart: "c1")) == .unknownCart)
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 1))
        try books.when(RemoveFromCart(cart: "c1", sku: "LAMP"))
        #expect(try books.refusal(of: PlaceOrder(cart: "c1")) == .cartEmpty)
    }

    @Test("An order's name is used once")
    func orderExists() throws {
        books.sell("LAMP")
        try books.order("o1", [.of("LAMP", 1)])
        try books.when(AddToCart(cart: "c2", sku: "LAMP", quantity: 1))
        #expect(try books.refusal(of: PlaceOrder(cart: "c2", order: "o1")) == .orderExists)
        try books.when(CancelOrder(order: "o1", reason: "late"))
        #expect(try books.refusal(of: PlaceOrder(cart: "c2", order: "o1")) == .orderExists)
    }

    @Test("An order can't take the name of a standing reservation of its goods")
    func reservationExists() throws {
        books.sell("LAMP")
        try books.when(ReserveStock(sku: "LAMP", quantity: 1, reservation: "o1", expiresInSeconds: 60))
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 1))
        #expect(try books.refusal(of: PlaceOrder(cart: "c1", order: "o1")) == .reservationExists)
        #expect(try books.refusal(of: PlaceOrder(cart: "c1", order: "o1"), at: .noon.adding(seconds: 60)) == nil)
    }

    @Test("A sum the ledger can't hold is refused, in one line or in many")
    func amountTooLarge() throws {
        books.sell("GOLD", for: .gbp("1000000"), stock: [.at("main", 1_000_000)])
        try books.when(AddToCart(cart: "c1", sku: "GOLD", quantity: 100_001))
        #expect(try books.refusal(of: PlaceOrder(cart: "c1")) == .amountTooLarge)
        try books.when(ChangeCartQuantity(cart: "c1", sku: "GOLD", quantity: 100_000))
        try books.when(AddToCart(cart: "c1", sku: "GOLD", quantity: 1, quotedPrice: .gbp("0.0001")))
        #expect(try books.refusal(of: PlaceOrder(cart: "c1")) == .amountTooLarge)
        try books.when(RemoveFromCart(cart: "c1", sku: "GOLD"))
        try books.when(AddToCart(cart: "c1", sku: "GOLD", quantity: 100_000))
        let events = try books.when(PlaceOrder(cart: "c1"))
        #expect(try placement(of: events).total.text == "100000000000.00")
    }
}
