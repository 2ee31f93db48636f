import Foundation
import Ledger
import SwiftProtobuf

extension EventCodec {
    static func encode(
        _ event: Order.Event, order: String, seal: (Contact, String) throws -> [UInt8]
    ) throws -> (EventType, [UInt8]) {
        switch event {
        case .placed(let placement): (.orderPlaced, try encode(placement, order: order, seal: seal))
        case .paid(let money, let method):
            (
                .orderPaid,
                try bytes(
                    Daybook_V1_OrderPaid.with {
                        $0.amount = Daybook_V1_Money(money)
                        if let method { $0.method = method }
                    })
            )
        case .fulfilled(let pieces):
            (
                .orderFulfilled,
                try bytes(Daybook_V1_OrderFulfilled.with { $0.pieces = pieces.map(Daybook_V1_Pieces.init) })
            )
        case .cancelled(let reason, let refund):
            (
                .orderCancelled,
                try bytes(
                    Daybook_V1_OrderCancelled.with {
                        $0.reason = reason
                        $0.refund = Daybook_V1_Money(refund)
                    })
            )
        case .returned(let pieces, let document, let refund):
            (
                .orderReturned,
                try bytes(
                    Daybook_V1_OrderReturned.with {
                        $0.pieces = pieces.map(Daybook_V1_Pieces.init)
                        $0.document = document.text
                        $0.refund = Daybook_V1_Money(refund)
                    })
            )
        }
    }

    private static func encode(
        _ placement: Order.Placement, order: String, seal: (Contact, String) throws -> [UInt8]
    ) throws -> [UInt8] {
        // A guest is a person of this one order.
        let person = placement.customer?.text ?? "order:" + order
        let box = try placement.contact.map { try seal($0, person) }
        return try bytes(
            Daybook_V1_OrderPlaced.with {
                $0.number = placement.number
                $0.cart = placement.cart.text
                if let reference = placement.reference { $0.reference = reference }
                if let customer = placement.customer { $0.customer = customer.text }
                if let country = placement.country { $0.country = country }
                if let box {
                    $0.contact.person = person
                    $0.contact.box = .init(box)
                }
                $0.lines = placement.lines.map { line in
                    .with {
                        $0.sku = line.sku.text
                        $0.quantity = line.quantity
                        $0.unitPrice = Daybook_V1_Amount(line.unitPrice)
                    }
                }
                $0.charges = placement.charges.map(Daybook_V1_Charge.init)
                $0.total = Daybook_V1_Money(placement.total)
                $0.rounding = .halfUp
            })
    }
}

extension Daybook_V1_OrderPlaced {
    func event(open: ([UInt8], String) throws -> Contact?) throws -> Order.Event {
        guard rounding == .halfUp else {
            throw EventStoreError(
                .undecodable,
                "An order was rounded by rule \(rounding.rawValue), which this program does not know. Use a newer one.")
        }
        return .placed(
            Order.Placement(
                number: number, cart: CartID(trusted: cart), reference: hasReference ? reference : nil,
                customer: hasCustomer ? CustomerID(trusted: customer) : nil, country: hasCountry ? country : nil,
                contact: hasContact ? try open(Array(contact.box), contact.person) : nil,
                lines: lines.map {
                    Order.Line(sku: SKU(trusted: $0.sku), quantity: $0.quantity, unitPrice: $0.unitPrice.value)
                },
                charges: charges.map(\.value), total: total.value, rounding: .halfUp))
    }
}

extension Daybook_V1_OrderPaid {
    var event: Order.Event { .paid(amount.value, method: hasMethod ? method : nil) }
}

extension Daybook_V1_OrderFulfilled {
    var event: Order.Event { .fulfilled(pieces.map(\.value)) }
}

extension Daybook_V1_OrderCancelled {
    var event: Order.Event { .cancelled(reason: reason, refund: refund.value) }
}

extension Daybook_V1_OrderReturned {
    var event: Order.Event {
        .returned(pieces.map(\.value), document: DocumentID(trusted: document), refund: refund.value)
    }
}
