import Ledger
import Testing

/// What is refused before any rule looks at it.
@Suite("Invalid values")
struct InvalidValueTests {
    private func code<Value>(_ make: () throws -> Value) -> String? {
        do {
            _ = try make()
            return nil
        } catch let failure as InvalidValue {
            return failure.message.isEmpty ? "without a message" : failure.code
        } catch {
            return "not an InvalidValue: \(error)"
        }
    }

    private func debt(
        quantity: Int64 = 1, price: Amount = .gbp("1"), label: String? = nil, reference: String? = nil,
        country: String? = nil
    ) -> BadDebt {
        .init(
            reference: reference, customer: nil, country: country, code: "B", label: label, quantity: quantity,
            unitPrice: price)
    }

    private func adjustment(
        _ lines: [Adjustment.Line], reference: String? = nil, country: String? = nil
    ) -> Adjustment {
        .init(reference: reference, country: country, currency: .gbp, location: "main", lines: lines)
    }

    private func note(
        _ quantity: Int64 = 1, amount: Amount = .gbp("1"), label: String? = nil
    ) -> CreditNote.Line {
        .init(code: "A", label: label, quantity: quantity, amount: amount, order: nil)
    }

    @Test(
        "A quantity is from 1 to one hundred million in every command",
        arguments: [
            (1, true), (100_000_000, true), (0, false), (-1, false), (100_000_001, false), (.max, false), (.min, false),
        ] as [(Int64, Bool)])
    func quantity(quantity: Int64, isValid: Bool) {
        let expected = isValid ? nil : "invalid_quantity"
        let charge = Cart.Charge(code: "POST", label: nil, quantity: quantity, unitPrice: .gbp("1"))
        let pieces = [Order.Pieces.of("A", 1), .of("B", quantity)]
        #expect(code { try ReceiveStock(sku: "A", location: "main", quantity: quantity) } == expected)
        #expect(code { try ReserveStock(sku: "A", quantity: quantity) } == expected)
        #expect(code { try AddToCart(cart: nil, sku: "A", quantity: quantity) } == expected)
        #expect(code { try AddCharge(cart: nil, charge: charge) } == expected)
        #expect(code { try ChangeCartQuantity(cart: "c1", sku: "A", quantity: quantity) } == expected)
        #expect(code { try FulfilOrder(order: "o1", pieces: pieces) } == expected)
        #expect(code { try ReturnItems(order: "o1", pieces: pieces, restock: true) } == expected)
        #expect(code { try IssueCreditNote(lines: [note(), note(quantity)]) } == expected)
        #expect(code { try RecordBadDebt(debt: debt(quantity: quantity)) } == expected)
    }

    @Test(
        "A change of quantity is anything up to one hundred million but 0",
        arguments: [
            (1, true), (-1, true), (100_000_000, true), (-100_000_000, true), (0, false), (100_000_001, false),
            (-100_000_001, false), (.max, false), (.min, false),
        ] as [(Int64, Bool)])
    func delta(delta: Int64, isValid: Bool) {
        let expected = isValid ? nil : "invalid_quantity"
        let lines = [Adjustment.Line(code: "A", delta: delta, reason: "count")]
        #expect(code { try AdjustStock(sku: "A", location: "main", delta: delta, reason: "count") } == expected)
        #expect(code { try RecordAdjustment(adjustment: adjustment(lines)) } == expected)
    }

    @Test(
        "A unit price is from 0 to one million",
        arguments: [
            ("0", true), ("0.0001", true), ("1000000", true), ("-0.0001", false), ("1000000.0001", false),
            ("99999999999", false),
        ])
    func price(text: String, isValid: Bool) {
        let expected = isValid ? nil : "invalid_price"
        let charge = Cart.Charge(code: "POST", label: nil, quantity: 1, unitPrice: .gbp(text))
        #expect(code { try RegisterProduct(sku: "A", details: .init(name: "A", price: .gbp(text))) } == expected)
        #expect(code { try ChangePrice(sku: "A", price: .gbp(text)) } == expected)
        #expect(code { try AddToCart(cart: nil, sku: "A", quantity: 1, quotedPrice: .gbp(text)) } == expected)
        #expect(code { try AddCharge(cart: nil, charge: charge) } == expected)
        #expect(code { try RecordBadDebt(debt: debt(price: .gbp(text))) } == (text.first == "-" ? nil : expected))
    }

    @Test("A bad debt's price may be negative, down to a million")
    func negativePrice() {
        #expect(code { try RecordBadDebt(debt: debt(price: .gbp("-1000000"))) } == nil)
        #expect(code { try RecordBadDebt(debt: debt(price: .gbp("-1000000.0001"))) } == "invalid_price")
    }

    @Test("A price has at most four decimals")
    func fiveDecimals() {
        #expect(code { try Amount("2.5500", currency: .gbp) } == nil)
        #expect(code { try Amount("2.55001", currency: .gbp) } == "invalid_amount")
        #expect(code { try Amount("2.55000", currency: .gbp) } == "invalid_amount")
    }

    @Test("A payment is more than nothing", arguments: [("0.01", true), ("0", false), ("-0.01", false)])
    func payment(text: String, isValid: Bool) {
        let expected = isValid ? nil : "invalid_amount"
        #expect(code { try RecordPayment(order: "o1", amount: .gbp(text)) } == expected)
    }

    @Test("A credit note's amount may be nothing, and is not negative")
    func creditAmount() {
        #expect(code { try IssueCreditNote(lines: [note(amount: .gbp("0"))]) } == nil)
        #expect(code { try IssueCreditNote(lines: [note(), note(amount: .gbp("-0.0001"))]) } == "invalid_amount")
    }

    @Test(
        "A currency is three capital letters",
        arguments: ["", "gbp", "GB", "GBPP", "G1P", "G P", "ÄÖÜ", "ＧＢＰ", "£", "GB\u{301}"])
    func currency(text: String) {
        #expect(code { try Currency(text) } == "invalid_currency")
        #expect(code { try Currency("GBP") } == nil)
    }

    @Test(
        "A reservation expires in 1 second to 30 days",
        arguments: [
            (1, true), (2_592_000, true), (0, false), (-1, false), (2_592_001, false), (.max, false), (.min, false),
        ] as [(Int64, Bool)])
    func expiry(seconds: Int64, isValid: Bool) {
        let expected = isValid ? nil : "invalid_expiry"
        #expect(code { try ReserveStock(sku: "A", quantity: 1, expiresInSeconds: seconds) } == expected)
    }

    @Test("A list of lines has 1 to 2,000 entries")
    func lines() {
        let counts: [(Int, String?)] = [(0, "invalid_lines"), (1, nil), (2_000, nil), (2_001, "invalid_lines")]
        for (count, expected) in counts {
            let pieces = Array(repeating: Order.Pieces.of("A", 1), count: count)
            let lines = Array(repeating: Adjustment.Line(code: "A", delta: 1, reason: "count"), count: count)
            #expect(code { try FulfilOrder(order: "o1", pieces: pieces) } == expected)
            #expect(code { try ReturnItems(order: "o1", pieces: pieces, restock: false) } == expected)
            #expect(code { try IssueCreditNote(lines: Array(repeating: note(), count: count)) } == expected)
            #expect(code { try RecordAdjustment(adjustment: adjustment(lines)) } == expected)
        }
    }

    /// Every text somebody may say, with its limit in bytes.
    private static let texts: [(noun: String, bytesMax: Int, check: @Sendable (String) throws -> Void)] = [
        ("SKU", 64, { _ = try SKU($0) }),
        ("location", 64, { _ = try Location($0) }),
        ("cart", 64, { _ = try CartID($0) }),
        ("order", 64, { _ = try OrderID($0) }),
        ("reservation", 64, { _ = try ReservationID($0) }),
        ("customer", 64, { _ = try CustomerID($0) }),
        ("document", 64, { _ = try DocumentID($0) }),
        ("name", 500, { _ = try RegisterProduct(sku: "A", details: .init(name: $0)) }),
        ("brand", 200, { _ = try RegisterProduct(sku: "A", details: .init(name: "A", brand: $0)) }),
        ("category", 200, { _ = try RegisterProduct(sku: "A", details: .init(name: "A", categories: ["B", $0])) }),
        (
            "attribute", 100,
            { _ = try RegisterProduct(sku: "A", details: .init(name: "A", attributes: [.init(name: $0, value: "")])) }
        ),
        ("receipt", 200, { _ = try ReceiveStock(sku: "A", location: "main", quantity: 1, reference: $0) }),
        ("reason", 500, { _ = try AdjustStock(sku: "A", location: "main", delta: 1, reason: $0) }),
        (
            "label", 200,
            { _ = try AddCharge(cart: nil, charge: .init(code: "P", label: $0, quantity: 1, unitPrice: .gbp("1"))) }
        ),
        ("order's reference", 200, { _ = try PlaceOrder(cart: "c1", reference: $0) }),
        ("order's country", 100, { _ = try PlaceOrder(cart: "c1", country: $0) }),
        ("method", 100, { _ = try RecordPayment(order: "o1", amount: .gbp("1"), method: $0) }),
        ("reason to cancel", 500, { _ = try CancelOrder(order: "o1", reason: $0) }),
        ("address's name", 200, { _ = try Contact.Address(name: $0, line1: "l", city: "c", country: "x") }),
        ("line1", 200, { _ = try Contact.Address(name: "n", line1: $0, city: "c", country: "x") }),
        ("line2", 200, { _ = try Contact.Address(name: "n", line1: "l", line2: $0, city: "c", country: "x") }),
        ("city", 200, { _ = try Contact.Address(name: "n", line1: "l", city: $0, country: "x") }),
        ("region", 200, { _ = try Contact.Address(name: "n", line1: "l", city: "c", region: $0, country: "x") }),
        ("postcode", 200, { _ = try Contact.Address(name: "n", line1: "l", city: "c", postcode: $0, country: "x") }),
        ("address's country", 200, { _ = try Contact.Address(name: "n", line1: "l", city: "c", country: $0) }),
    ]

    @Test(
        "A text has a least and a most of bytes, no control characters, no white space around", arguments: texts.indices
    )
    func text(index: Int) {
        let (noun, bytesMax, check) = Self.texts[index]
        let valid = ["a", "85123A", "é", "a b", "🧾", String(repeating: "x", count: bytesMax)]
        // The first seven are ids.
        for text in valid where index >= 7 || text.utf8.allSatisfy({ $0 < 0x80 }) {
            #expect(code { try check(text) } == nil, "\(noun) \(text)")
        }
        let invalid = [
            "", " ", " a", "a ", "\u{A0}a", "a\u{2003}", "a\nb", "a\u{0}b", "a\u{7F}", "a\u{85}b", "\t",
            String(repeating: "x", count: bytesMax + 1), String(repeating: "é", count: bytesMax / 2) + "x",
        ]
        for text in invalid where text.utf8.count != bytesMax {
            #expect(code { try check(text) } == "invalid_text", "\(noun) \(text.debugDescription)")
        }
    }

    @Test("The texts of documents have limits too")
    func documentTexts() {
        let long = String(repeating: "x", count: 501)
        let line = Adjustment.Line(code: "A", delta: 1, reason: "count")
        let wordy = Adjustment.Line(code: "A", delta: 1, reason: long)
        #expect(code { try IssueCreditNote(reference: long, lines: [note()]) } == "invalid_text")
        #expect(code { try IssueCreditNote(country: long, lines: [note()]) } == "invalid_text")
        #expect(code { try IssueCreditNote(lines: [note(label: long)]) } == "invalid_text")
        #expect(code { try RecordAdjustment(adjustment: adjustment([line], reference: long)) } == "invalid_text")
        #expect(code { try RecordAdjustment(adjustment: adjustment([line], country: long)) } == "invalid_text")
        #expect(code { try RecordAdjustment(adjustment: adjustment([line, wordy])) } == "invalid_text")
        #expect(code { try RecordBadDebt(debt: debt(label: long)) } == "invalid_text")
        #expect(code { try RecordBadDebt(debt: debt(reference: long)) } == "invalid_text")
        #expect(code { try RecordBadDebt(debt: debt(country: long)) } == "invalid_text")
    }

    @Test("A description may have many lines and 20,000 bytes")
    func description() {
        let register = { try RegisterProduct(sku: "A", details: .init(name: "A", description: $0)) }
        #expect(code { try register("Two\nlines") } == nil)
        #expect(code { try register("") } == nil)
        #expect(code { try register(String(repeating: "x", count: 20_000)) } == nil)
        #expect(code { try register(String(repeating: "x", count: 20_001)) } == "invalid_text")
    }

    @Test("An e-mail address has something around one @, at most 254 bytes in all")
    func email() {
        let contact = { try Contact(email: $0, shippingAddress: nil) }
        for valid in ["a@b", "ada@example.org", "a+b@c.d", nil] { #expect(code { try contact(valid) } == nil) }
        for invalid in ["ada", "@example.org", "ada@", "a@b@c", "a b@c", "a@b c"] {
            #expect(code { try contact(invalid) } == "invalid_email", "\(invalid)")
        }
        #expect(code { try contact(String(repeating: "a", count: 252) + "@b") } == nil)
        #expect(code { try contact(String(repeating: "a", count: 253) + "@b") } == "invalid_text")
        #expect(code { try contact("") } == "invalid_text")
        #expect(code { try contact("a@b\n") } == "invalid_text")
    }
}
