import Ledger

/// Every kind of event, with each optional field absent and present.
enum SampleEvents {
    static let all: [StreamEvent] = catalog + inventory + carts + orders + documents

    private static let goods = StockItem.Allocation.at("main", 7)
    private static let placed = order("01JD8ZK5N5Q7E3M2V4T6Y8W0AB")

    private static let catalog: [StreamEvent] = [
        .of(sku("85123A"), .registered(.init(name: "HOLDER"))),
        .of(
            sku("85123A"),
            .registered(
                .init(
                    name: "WHITE HANGING HEART T-LIGHT HOLDER", kind: .goods, description: "Weiß, mit Herz ♥",
                    brand: "Hearts & Co", categories: ["Garden", "Lights"],
                    attributes: [.init(name: "colour", value: "white"), .init(name: "note", value: "")],
                    otherNames: ["CREAM HANGING HEART"], price: .gbp("2.55")))),
        .of(sku("POST"), .registered(.init(name: "POSTAGE", kind: .charge, description: "", price: .gbp("0")))),
        .of(sku("85123A"), .priceChanged(.gbp("0.0001"))),
    ]

    private static let inventory: [StreamEvent] = [
        .of(sku("A"), .received(goods, reference: nil)),
        .of(sku("A"), .received(goods, reference: "delivery 17")),
        .of(sku("A"), .adjusted(Location(trusted: "main"), delta: 3, reason: "found")),
        .of(sku("A"), .adjusted(Location(trusted: "main"), delta: -100_000_000, reason: "flood")),
        .of(sku("A"), .reserved(reservation("r-1"), .init(allocations: [goods], order: nil, expiresAt: .noon))),
        .of(sku("A"), .reserved(reservation("r-1"), .init(allocations: [goods], order: nil, expiresAt: nil))),
        .of(
            sku("A"),
            .reserved(
                reservation(placed.text),
                .init(allocations: [goods, .at("Köln 2", 1)], order: placed, expiresAt: nil))),
        .of(sku("A"), .released(reservation("r-1"), allocations: [goods], expired: false)),
        .of(sku("A"), .released(reservation("r-1"), allocations: [goods, .at("cellar", 2)], expired: true)),
        .of(sku("A"), .shipped(reservation(placed.text), allocations: [goods, .at("cellar", 2)])),
        .of(sku("A"), .takenBack(goods, document: DocumentID(trusted: "C-1"), .keptApart)),
        .of(sku("A"), .takenBack(goods, document: DocumentID(trusted: "C-1"), .restocked)),
        .of(sku("A"), .takenBack(goods, document: DocumentID(trusted: "C-1"), .damaged)),
    ]

    private static let carts: [StreamEvent] = [
        .of(cart("c"), .lineAdded(.init(sku: sku("A"), quantity: 2, unitPrice: .gbp("2.55"), isQuoted: false))),
        .of(cart("c"), .lineAdded(.init(sku: sku("A"), quantity: 1, unitPrice: .gbp("0.001"), isQuoted: true))),
        .of(cart("c"), .chargeAdded(.init(code: sku("POST"), label: nil, quantity: 1, unitPrice: .gbp("18")))),
        .of(
            cart("c"),
            .chargeAdded(.init(code: sku("POST"), label: "by air", quantity: 1, unitPrice: .gbp("-11062.06")))),
        .of(cart("c"), .quantityChanged(sku("A"), quantity: 100_000_000)),
        .of(cart("c"), .lineRemoved(sku("A"))),
        .of(cart("c"), .ordered(placed)),
    ]

    private static let orders: [StreamEvent] = [
        .of(placed, .placed(placement(customer: nil, contact: nil))),
        .of(placed, .placed(placement(customer: CustomerID(trusted: "12583"), contact: nil))),
        .of(placed, .placed(placement(customer: CustomerID(trusted: "12583"), contact: SampleContacts.whole))),
        .of(placed, .placed(placement(customer: nil, contact: SampleContacts.whole))),
        .of(placed, .placed(placement(customer: nil, contact: SampleContacts.emailOnly))),
        .of(placed, .placed(placement(customer: nil, contact: SampleContacts.shortAddress))),
        .of(placed, .paid(.gbp("23.10"), method: nil)),
        .of(placed, .paid(.gbp("0.01"), method: "card")),
        .of(placed, .fulfilled([])),
        .of(placed, .fulfilled([.init(code: sku("A"), quantity: 2), .init(code: sku("B"), quantity: 1)])),
        .of(placed, .cancelled(reason: "changed their mind", refund: .gbp("0"))),
        .of(placed, .cancelled(reason: "sold out", refund: .gbp("23.10"))),
        .of(
            placed,
            .returned(
                [.init(code: sku("A"), quantity: 1)], document: DocumentID(trusted: "C-1"), refund: .gbp("2.55"))),
        .of(.assigned(1, placed)),
        .of(.assigned(9_007_199_254_740_993, placed)),
    ]

    private static let documents: [StreamEvent] = [
        .of(
            "C-1",
            .creditNoteIssued(.init(reference: nil, customer: nil, country: nil, refund: .gbp("0"), lines: []))),
        .of(
            "C-1",
            .creditNoteIssued(
                .init(
                    reference: "C536379", customer: CustomerID(trusted: "14527"), country: "United Kingdom",
                    refund: .gbp("27.50"),
                    lines: [
                        .init(code: sku("D"), label: "Discount", quantity: 1, amount: .gbp("27.5"), order: placed),
                        .init(code: sku("A"), label: nil, quantity: 2, amount: .gbp("0.0001"), order: nil),
                    ]))),
        .of(
            "536589",
            .adjustmentRecorded(
                .init(reference: nil, country: nil, currency: .gbp, location: Location(trusted: "main"), lines: []))),
        .of(
            "536589",
            .adjustmentRecorded(
                .init(
                    reference: "536589", country: "United Kingdom", currency: .gbp,
                    location: Location(trusted: "main"),
                    lines: [
                        .init(code: sku("A"), delta: -10, reason: "damaged"),
                        .init(code: sku("B"), delta: 4, reason: "?"),
                    ]))),
        .of(
            "A563187",
            .badDebtRecorded(
                .init(
                    reference: nil, customer: nil, country: nil, code: sku("B"), label: nil, quantity: 1,
                    unitPrice: .gbp("-11062.06")))),
        .of(
            "A563187",
            .badDebtRecorded(
                .init(
                    reference: "A563187", customer: CustomerID(trusted: "12583"), country: "United Kingdom",
                    code: sku("B"), label: "Adjust bad debt", quantity: 1, unitPrice: .gbp("11062.06")))),
    ]

    private static func placement(customer: CustomerID?, contact: Contact?) -> Order.Placement {
        Order.Placement(
            number: 17, cart: cart("c"), reference: customer == nil ? nil : "536365", customer: customer,
            country: customer == nil ? nil : "France", contact: contact,
            lines: [.init(sku: sku("A"), quantity: 2, unitPrice: .gbp("2.55"))],
            charges: customer == nil
                ? [] : [.init(code: sku("POST"), label: "by air", quantity: 1, unitPrice: .gbp("18"))],
            total: .gbp("23.10"), rounding: .halfUp)
    }
}

enum SampleContacts {
    static let whole = try! Contact(
        email: "ada.lovelace@example.org",
        shippingAddress: .init(
            name: "Ada Lovelace", line1: "12 St James's Square", line2: "2nd floor", city: "London",
            region: "Westminster", postcode: "SW1Y 4JH", country: "United Kingdom"))
    static let emailOnly = try! Contact(email: "ada.lovelace@example.org", shippingAddress: nil)
    static let shortAddress = try! Contact(
        email: nil, shippingAddress: .init(name: "Ada", line1: "12 St James's Square", city: "London", country: "UK"))

    /// What must never stand in a record.
    static let clear = ["ada.lovelace", "example.org", "Ada", "St James", "2nd floor", "London", "SW1Y"]
}
