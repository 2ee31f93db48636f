import EventStore
import Ledger

@testable import EventStore

/// What the records in `Fixtures/records` tell, one of each kind of event, all of format 1. They decode to these values
/// for ever: add a pair of a value and a file for a new kind, format or changed field; never change one.
enum GoldenRecords {
    static let events: [(type: EventType, event: StreamEvent)] = [
        (
            .productRegistered,
            .of(
                sku("85123A"),
                .registered(
                    .init(
                        name: "WHITE HANGING HEART T-LIGHT HOLDER", kind: .charge, description: "Weiß, mit Herz ♥",
                        brand: "Hearts & Co", categories: ["Garden", "Lights"],
                        attributes: [.init(name: "colour", value: "white"), .init(name: "note", value: "")],
                        otherNames: ["CREAM HANGING HEART"], price: .gbp("2.55"))))
        ),
        (.productPriceChanged, .of(sku("85123A"), .priceChanged(.gbp("2.9501")))),
        (.stockReceived, .of(sku("85123A"), .received(.at("main", 60), reference: "delivery 17"))),
        (.stockAdjusted, .of(sku("85123A"), .adjusted(Location(trusted: "main"), delta: -3, reason: "damaged"))),
        (
            .stockReserved,
            .of(
                sku("85123A"),
                .reserved(
                    reservation("r-1"),
                    .init(allocations: [.at("main", 2), .at("cellar", 1)], order: nil, expiresAt: .noon)))
        ),
        (
            .stockReleased,
            .of(sku("85123A"), .released(reservation("r-1"), allocations: [.at("main", 2)], expired: true))
        ),
        (.stockShipped, .of(sku("85123A"), .shipped(reservation("o-1"), allocations: [.at("main", 6)]))),
        (
            .stockReturned,
            .of(sku("85123A"), .takenBack(.at("main", 1), document: DocumentID(trusted: "C-1"), .restocked))
        ),
        (
            .stockTakenBack,
            .of(sku("85123A"), .takenBack(.at("main", 1), document: DocumentID(trusted: "C-1"), .damaged))
        ),
        (
            .cartLineAdded,
            .of(
                cart("c-1"), .lineAdded(.init(sku: sku("85123A"), quantity: 6, unitPrice: .gbp("2.55"), isQuoted: true))
            )
        ),
        (
            .cartChargeAdded,
            .of(
                cart("c-1"),
                .chargeAdded(.init(code: sku("POST"), label: "by air", quantity: 1, unitPrice: .gbp("-18.5"))))
        ),
        (.cartQuantityChanged, .of(cart("c-1"), .quantityChanged(sku("85123A"), quantity: 100_000_000))),
        (.cartLineRemoved, .of(cart("c-1"), .lineRemoved(sku("85123A")))),
        (.cartOrdered, .of(cart("c-1"), .ordered(order("o-1")))),
        (
            .orderPlaced,
            .of(
                order("o-1"),
                .placed(
                    .init(
                        number: 17, cart: cart("c-1"), reference: "536365",
                        customer: CustomerID(trusted: "12583"), country: "France", contact: SampleContacts.whole,
                        lines: [.init(sku: sku("85123A"), quantity: 6, unitPrice: .gbp("2.55"))],
                        charges: [.init(code: sku("POST"), label: nil, quantity: 1, unitPrice: .gbp("18"))],
                        total: .gbp("33.30"), rounding: .halfUp)))
        ),
        (.orderPaid, .of(order("o-1"), .paid(.gbp("33.30"), method: "card"))),
        (.orderFulfilled, .of(order("o-1"), .fulfilled([.init(code: sku("85123A"), quantity: 6)]))),
        (.orderCancelled, .of(order("o-1"), .cancelled(reason: "changed their mind", refund: .gbp("33.30")))),
        (
            .orderReturned,
            .of(
                order("o-1"),
                .returned(
                    [.init(code: sku("85123A"), quantity: 1)], document: DocumentID(trusted: "C-1"),
                    refund: .gbp("2.55")))
        ),
        (.orderNumberAssigned, .of(.assigned(17, order("o-1")))),
        (
            .creditNoteIssued,
            .of(
                "C-1",
                .creditNoteIssued(
                    .init(
                        reference: "C536379", customer: CustomerID(trusted: "12583"), country: "France",
                        refund: .gbp("27.50"),
                        lines: [
                            .init(code: sku("D"), label: "Discount", quantity: 1, amount: .gbp("27.5"), order: nil),
                            .init(code: sku("85123A"), label: nil, quantity: 2, amount: .gbp("0"), order: order("o-1")),
                        ])))
        ),
        (
            .adjustmentRecorded,
            .of(
                "536589",
                .adjustmentRecorded(
                    .init(
                        reference: "536589", country: "United Kingdom", currency: .gbp,
                        location: Location(trusted: "main"),
                        lines: [.init(code: sku("85123A"), delta: -10, reason: "?")])))
        ),
        (
            .badDebtRecorded,
            .of(
                "A563187",
                .badDebtRecorded(
                    .init(
                        reference: "A563187", customer: CustomerID(trusted: "12583"), country: "United Kingdom",
                        code: sku("B"), label: "Adjust bad debt", quantity: 1, unitPrice: .gbp("-11062.06"))))
        ),
    ]

    /// The key of person 12583, as the keyring stores it: under the SHA-256 of the name, 32 bytes.
    static let person = (
        digest: "80fc925c9296c0e202fe114f7060cf6cda5b2ceb6a9e8b252e32cd221fe188ab", key: [UInt8](0..<32)
    )

    /// What stands around the event: different in each record, so that no field is taken for another.
    static func record(_ type: EventType, stream: StreamName, payload: [UInt8]) -> Record {
        let number = UInt64(type.rawValue)
        let recordedAt = Timestamp(microseconds: Timestamp.noon.microseconds + Int64(number))
        let isFirst = number.isMultiple(of: 2)
        return Record(
            position: .at(1_000_000 + number), stream: stream, version: .at(100 + number), storedType: type,
            recordedAt: recordedAt, effectiveAt: recordedAt.adding(seconds: number.isMultiple(of: 3) ? 60 : -86_400),
            actor: "user:ada", key: "command-\(number)", ordinal: isFirst ? 0 : 2, count: 3,
            fingerprint: isFirst ? 0x0123_4567_89AB_CDEF : 0, correlation: number.isMultiple(of: 5) ? "import é" : "",
            previous: number.isMultiple(of: 4) ? .start : .at(1_000_000 - number), payload: payload)
    }
}
