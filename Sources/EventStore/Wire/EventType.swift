package import Ledger

/// The stored kinds of events. Numbers and names stand in records and feeds for ever; a changed meaning is a new kind, and
/// the one before it is retired: none is written any more, and those that were are read as the new one.
package enum EventType: UInt16, CaseIterable, Sendable {
    case productRegistered = 1
    case productPriceChanged = 2
    case stockReceived = 10
    case stockAdjusted = 11
    case stockReserved = 12
    case stockReleased = 13
    case stockShipped = 14
    case stockReturned = 15
    case stockTakenBack = 16
    case cartLineAdded = 20
    case cartChargeAdded = 21
    case cartQuantityChanged = 22
    case cartLineRemoved = 23
    case cartOrdered = 24
    case orderPlaced = 30
    case orderPaid = 31
    case orderFulfilled = 32
    case orderCancelled = 33
    case orderReturned = 34
    case orderNumberAssigned = 40
    case creditNoteIssued = 50
    case adjustmentRecorded = 51
    case badDebtRecorded = 52

    /// As programs outside see it: `stock.reserved`.
    package var name: String {
        switch self {
        case .productRegistered: "product.registered"
        case .productPriceChanged: "product.price-changed"
        case .stockReceived: "stock.received"
        case .stockAdjusted: "stock.adjusted"
        case .stockReserved: "stock.reserved"
        case .stockReleased: "stock.released"
        case .stockShipped: "stock.shipped"
        case .stockReturned: "stock.returned"
        case .stockTakenBack: "stock.taken-back"
        case .cartLineAdded: "cart.line-added"
        case .cartChargeAdded: "cart.charge-added"
        case .cartQuantityChanged: "cart.quantity-changed"
        case .cartLineRemoved: "cart.line-removed"
        case .cartOrdered: "cart.ordered"
        case .orderPlaced: "order.placed"
        case .orderPaid: "order.paid"
        case .orderFulfilled: "order.fulfilled"
        case .orderCancelled: "order.cancelled"
        case .orderReturned: "order.returned"
        case .orderNumberAssigned: "order.number-assigned"
        case .creditNoteIssued: "credit-note.issued"
        case .adjustmentRecorded: "adjustment.recorded"
        case .badDebtRecorded: "bad-debt.recorded"
        }
    }

    /// Those that are written today: all but the retired ones.
    package static let current = allCases.filter { !$0.isRetired }

    /// The kind of that name, or what took its place.
    package init?(name: String) {
        guard let type = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = type.current
    }

    /// The kind as which this program reads an event of this one: see `Upcaster`.
    package var current: EventType { Upcasters.standard.current(self) }

    package var isRetired: Bool { current != self }

    /// The kind of stream in which such events stand.
    package var category: Category {
        switch self {
        case .productRegistered, .productPriceChanged: .product
        case .stockReceived, .stockAdjusted, .stockReserved, .stockReleased, .stockShipped, .stockReturned,
            .stockTakenBack:
            .stock
        case .cartLineAdded, .cartChargeAdded, .cartQuantityChanged, .cartLineRemoved, .cartOrdered: .cart
        case .orderPlaced, .orderPaid, .orderFulfilled, .orderCancelled, .orderReturned: .order
        case .orderNumberAssigned: .numbers
        case .creditNoteIssued, .adjustmentRecorded, .badDebtRecorded: .document
        }
    }
}
