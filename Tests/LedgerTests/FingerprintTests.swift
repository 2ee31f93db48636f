import Ledger
import Testing

/// What a command says of itself decides whether a repeated key repeats the command.
@Suite("A command's description")
struct FingerprintTests {
    private func bytes(_ command: any Command) -> [UInt8] {
        var bytes = CanonicalBytes()
        command.describe(to: &bytes)
        return bytes.bytes
    }

    /// Holds that every one of `commands` differs from every other, and that one made again is the same.
    private func expectDistinct(
        _ make: () throws -> [any Command], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let first = try make().map(bytes)
        let again = try make().map(bytes)
        #expect(first == again, sourceLocation: sourceLocation)
        for index in first.indices {
            for other in first[..<index].indices where first[index] == first[other] {
                Issue.record("commands \(other) and \(index) are described alike", sourceLocation: sourceLocation)
            }
        }
    }

    @Test("Products are described by each of their fields")
    func products() throws {
        let price = Amount.gbp("1")
        let details: [Product.Details] = [
            .init(name: "A"), .init(name: "B"), .init(name: "A", kind: .charge), .init(name: "A", description: "d"),
            .init(name: "A", description: ""), .init(name: "A", brand: "d"), .init(name: "A", categories: ["d"]),
            .init(name: "A", categories: ["d", "e"]), .init(name: "A", categories: ["e", "d"]),
            .init(name: "A", categories: ["de"]), .init(name: "A", attributes: [.init(name: "d", value: "e")]),
            .init(name: "A", attributes: [.init(name: "e", value: "d")]),
            .init(name: "A", attributes: [.init(name: "d", value: "")]), .init(name: "A", otherNames: ["d"]),
            .init(name: "A", price: price), .init(name: "A", price: .gbp("2")), .init(name: "A", price: .eur("1")),
            .init(name: "A", price: .gbp("0")),
        ]
        try expectDistinct {
            try details.map { try RegisterProduct(sku: "S", details: $0) } + [
                RegisterProduct(sku: "T", details: details[0])
            ]
        }
        try expectDistinct {
            [
                try ChangePrice(sku: "S", price: price), try ChangePrice(sku: "T", price: price),
                try ChangePrice(sku: "S", price: .gbp("2")), try ChangePrice(sku: "S", price: .eur("1")),
            ]
        }
    }

    @Test("Stock commands are described by each of their fields")
    func stock() throws {
        try expectDistinct {
            let receive = { try ReceiveStock(sku: $0, location: $1, quantity: $2, reference: $3) }
            return [
                try receive("S", "m", 1, nil), try receive("T", "m", 1, nil), try receive("S", "n", 1, nil),
                try receive("S", "m", 2, nil), try receive("S", "m", 1, "r"), try receive("S", "m", 1, "s"),
                try receive("Sm", "m", 1, nil), try receive("S", "mm", 1, nil),
            ]
        }
        try expectDistinct {
            let adjust = { try AdjustStock(sku: $0, location: $1, delta: $2, reason: $3) }
            return [
                try adjust("S", "m", 1, "r"), try adjust("T", "m", 1, "r"), try adjust("S", "n", 1, "r"),
                try adjust("S", "m", -1, "r"), try adjust("S", "m", 1, "s"),
            ]
        }
        try expectDistinct {
            let reserve = { try ReserveStock(sku: $0, quantity: $1, reservation: $2, expiresInSeconds: $3) }
            return [
                try reserve("S", 1, nil, nil), try reserve("T", 1, nil, nil), try reserve("S", 2, nil, nil),
                try reserve("S", 1, "r", nil), try reserve("S", 1, "s", nil), try reserve("S", 1, nil, 60),
            ]
        }
        try expectDistinct {
            [
                ReleaseStock(sku: "S", reservation: "r"), ReleaseStock(sku: "T", reservation: "r"),
                ReleaseStock(sku: "S", reservation: "s"),
            ]
        }
    }

    @Test("Cart commands are described by each of their fields")
    func carts() throws {
        try expectDistinct {
            let add = { try AddToCart(cart: $0, sku: $1, quantity: $2, quotedPrice: $3) }
            return [
                try add(nil, "S", 1, nil), try add("c", "S", 1, nil), try add("d", "S", 1, nil),
                try add(nil, "T", 1, nil), try add(nil, "S", 2, nil), try add(nil, "S", 1, .gbp("0")),
                try add(nil, "S", 1, .gbp("1")), try add(nil, "S", 1, .eur("1")),
            ]
        }
        try expectDistinct {
            let add = { (cart: CartID?, code: SKU, label: String?, quantity: Int64, price: Amount) in
                try AddCharge(cart: cart, charge: .init(code: code, label: label, quantity: quantity, unitPrice: price))
            }
            return [
                try add(nil, "P", nil, 1, .gbp("1")), try add("c", "P", nil, 1, .gbp("1")),
                try add(nil, "Q", nil, 1, .gbp("1")), try add(nil, "P", "l", 1, .gbp("1")),
                try add(nil, "P", nil, 2, .gbp("1")), try add(nil, "P", nil, 1, .gbp("2")),
                try add(nil, "P", nil, 1, .eur("1")),
            ]
        }
        try expectDistinct {
            let change = { try ChangeCartQuantity(cart: $0, sku: $1, quantity: $2) }
            return [try change("c", "S", 1), try change("d", "S", 1), try change("c", "T", 1), try change("c", "S", 2)]
        }
        try expectDistinct {
            [
                RemoveFromCart(cart: "c", sku: "S"), RemoveFromCart(cart: "d", sku: "S"),
                RemoveFromCart(cart: "c", sku: "T"),
            ]
        }
    }

    @Test("Placing an order is described by each of its fields, the contact's too")
    func placing() throws {
        let address = {
            (
                name: String, line1: String, line2: String?, city: String, region: String?, postcode: String?,
                country: String
            ) in
            let address = try Contact.Address(
                name: name, line1: line1, line2: line2, city: city, region: region, postcode: postcode, country: country
            )
            return try PlaceOrder(cart: "c", contact: Contact(email: nil, shippingAddress: address), country: "x")
        }
        try expectDistinct {
            [
                try PlaceOrder(cart: "c"), try PlaceOrder(cart: "d"), try PlaceOrder(cart: "c", order: "a"),
                try PlaceOrder(cart: "c", order: "b"), try PlaceOrder(cart: "c", reference: "a"),
                try PlaceOrder(cart: "c", customer: "a"), try PlaceOrder(cart: "c", country: "a"),
                try PlaceOrder(cart: "c", contact: Contact(email: "a@b", shippingAddress: nil)),
                try PlaceOrder(cart: "c", contact: Contact(email: "a@c", shippingAddress: nil)),
                try address("n", "l", nil, "c", nil, nil, "x"), try address("o", "l", nil, "c", nil, nil, "x"),
                try address("n", "m", nil, "c", nil, nil, "x"), try address("n", "l", "m", "c", nil, nil, "x"),
                try address("n", "l", nil, "d", nil, nil, "x"), try address("n", "l", nil, "c", "r", nil, "x"),
                try address("n", "l", nil, "c", nil, "p", "x"), try address("n", "l", nil, "c", nil, nil, "y"),
            ]
        }
    }

    @Test("A contact that says nothing is the same as none, or is described differently")
    func emptyContact() throws {
        let empty = try PlaceOrder(cart: "c", order: "o", contact: Contact(email: nil, shippingAddress: nil))
        let none = try PlaceOrder(cart: "c", order: "o")
        let decide = { (command: PlaceOrder) in
            let books = LedgerBooks()
            books.sell("LAMP")
            try books.when(AddToCart(cart: "c", sku: "LAMP", quantity: 1))
            return try books.when(command)
        }
        #expect(try (bytes(empty) == bytes(none)) == (decide(empty) == decide(none)))
    }

    @Test("Order commands are described by each of their fields")
    func orders() throws {
        try expectDistinct {
            let pay = { try RecordPayment(order: $0, amount: $1, method: $2) }
            return [
                try pay("o", .gbp("1"), nil), try pay("p", .gbp("1"), nil), try pay("o", .gbp("2"), nil),
                try pay("o", .eur("1"), nil), try pay("o", .gbp("1"), "card"), try pay("o", .gbp("1"), "cash"),
            ]
        }
        try expectDistinct {
            [
                try CancelOrder(order: "o", reason: "r"), try CancelOrder(order: "p", reason: "r"),
                try CancelOrder(order: "o", reason: "s"), try CancelOrder(order: "or", reason: "r"),
            ]
        }
        let pieces: [[Order.Pieces]] = [
            [.of("S", 1)], [.of("S", 2)], [.of("T", 1)], [.of("S", 1), .of("T", 1)], [.of("T", 1), .of("S", 1)],
        ]
        try expectDistinct {
            let fulfil = { (order: OrderID, pieces: [Order.Pieces]?) in try FulfilOrder(order: order, pieces: pieces) }
            return try pieces.map { try fulfil("o", $0) } + [fulfil("o", nil), fulfil("p", nil)]
        }
        try expectDistinct {
            let giveBack = { try ReturnItems(order: $0, pieces: $1, restock: $2, damaged: $3) }
            return try pieces.map { try giveBack("o", $0, true, false) }
                + [
                    giveBack("p", pieces[0], true, false), giveBack("o", pieces[0], false, false),
                    giveBack("o", pieces[0], false, true),
                ]
        }
    }

    @Test("Credit notes are described by each of their fields")
    func creditNotes() throws {
        let line = { (code: SKU, label: String?, quantity: Int64, amount: Amount, order: OrderID?) in
            CreditNote.Line(code: code, label: label, quantity: quantity, amount: amount, order: order)
        }
        let plain = line("S", nil, 1, .gbp("1"), nil)
        try expectDistinct {
            let lines = [
                line("T", nil, 1, .gbp("1"), nil), line("S", "l", 1, .gbp("1"), nil), line("S", nil, 2, .gbp("1"), nil),
                line("S", nil, 1, .gbp("2"), nil), line("S", nil, 1, .eur("1"), nil), line("S", nil, 1, .gbp("1"), "o"),
            ]
            return try lines.map { try IssueCreditNote(lines: [$0]) } + [
                IssueCreditNote(lines: [plain]), IssueCreditNote(lines: [plain, plain]),
                IssueCreditNote(document: "a", lines: [plain]), IssueCreditNote(reference: "a", lines: [plain]),
                IssueCreditNote(customer: "a", lines: [plain]), IssueCreditNote(country: "a", lines: [plain]),
            ]
        }
    }

    @Test("Adjustments and bad debts are described by each of their fields")
    func otherDocuments() throws {
        let line = Adjustment.Line(code: "S", delta: 1, reason: "r")
        try expectDistinct {
            let adjust = {
                (reference: String?, country: String?, currency: Currency, location: Location, lines: [Adjustment.Line])
                in
                try RecordAdjustment(
                    adjustment: .init(
                        reference: reference, country: country, currency: currency, location: location, lines: lines))
            }
            let paper = Adjustment(reference: nil, country: nil, currency: .gbp, location: "m", lines: [line])
            return [
                try adjust(nil, nil, .gbp, "m", [line]), try adjust("a", nil, .gbp, "m", [line]),
                try adjust(nil, "a", .gbp, "m", [line]), try adjust(nil, nil, .eur, "m", [line]),
                try adjust(nil, nil, .gbp, "n", [line]), try adjust(nil, nil, .gbp, "m", [line, line]),
                try adjust(nil, nil, .gbp, "m", [.init(code: "T", delta: 1, reason: "r")]),
                try adjust(nil, nil, .gbp, "m", [.init(code: "S", delta: -1, reason: "r")]),
                try adjust(nil, nil, .gbp, "m", [.init(code: "S", delta: 1, reason: "s")]),
                try RecordAdjustment(document: "a", adjustment: paper),
            ]
        }
        try expectDistinct {
            let debt = {
                (
                    reference: String?, customer: CustomerID?, country: String?, label: String?, quantity: Int64,
                    price: Amount
                ) in
                BadDebt(
                    reference: reference, customer: customer, country: country, code: "B", label: label,
                    quantity: quantity, unitPrice: price)
            }
            let other = BadDebt(
                reference: nil, customer: nil, country: nil, code: "C", label: nil, quantity: 1, unitPrice: .gbp("1"))
            let plain = debt(nil, nil, nil, nil, 1, .gbp("1"))
            return try [
                plain, debt("a", nil, nil, nil, 1, .gbp("1")), debt(nil, "a", nil, nil, 1, .gbp("1")),
                debt(nil, nil, "a", nil, 1, .gbp("1")), debt(nil, nil, nil, "a", 1, .gbp("1")),
                debt(nil, nil, nil, nil, 2, .gbp("1")), debt(nil, nil, nil, nil, 1, .gbp("-1")),
                debt(nil, nil, nil, nil, 1, .eur("1")), other,
            ].map { try RecordBadDebt(debt: $0) } + [RecordBadDebt(document: "a", debt: plain)]
        }
    }

    @Test("Every command has a name of its own, as it stands in the URL")
    func names() {
        let names = [
            RegisterProduct.name, ChangePrice.name, ReceiveStock.name, AdjustStock.name, ReserveStock.name,
            ReleaseStock.name, AddToCart.name, AddCharge.name, ChangeCartQuantity.name, RemoveFromCart.name,
            PlaceOrder.name, RecordPayment.name, CancelOrder.name, FulfilOrder.name, ReturnItems.name,
            IssueCreditNote.name, RecordAdjustment.name, RecordBadDebt.name,
        ]
        #expect(
            names == [
                "register-product", "change-price", "receive-stock", "adjust-stock", "reserve-stock", "release-stock",
                "add-to-cart", "add-charge", "change-cart-quantity", "remove-from-cart", "place-order",
                "record-payment", "cancel-order", "fulfil-order", "return-items", "issue-credit-note",
                "record-adjustment", "record-bad-debt",
            ])
    }
}
