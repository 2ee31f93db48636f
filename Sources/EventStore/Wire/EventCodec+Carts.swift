import Ledger
import SwiftProtobuf

extension EventCodec {
    static func encode(_ event: Cart.Event) throws -> (EventType, [UInt8]) {
        switch event {
        case .lineAdded(let line):
            (
                .cartLineAdded,
                try bytes(
                    Daybook_V1_CartLineAdded.with {
                        $0.sku = line.sku.text
                        $0.quantity = line.quantity
                        $0.unitPrice = Daybook_V1_Amount(line.unitPrice)
                        $0.quoted = line.isQuoted
                    })
            )
        case .chargeAdded(let charge):
            (.cartChargeAdded, try bytes(Daybook_V1_CartChargeAdded.with { $0.charge = Daybook_V1_Charge(charge) }))
        case .quantityChanged(let sku, let quantity):
            (
                .cartQuantityChanged,
                try bytes(
                    Daybook_V1_CartQuantityChanged.with {
                        $0.sku = sku.text
                        $0.quantity = quantity
                    })
            )
        case .lineRemoved(let sku):
            (.cartLineRemoved, try bytes(Daybook_V1_CartLineRemoved.with { $0.sku = sku.text }))
        case .ordered(let order):
            (.cartOrdered, try bytes(Daybook_V1_CartOrdered.with { $0.order = order.text }))
        }
    }
}

extension Daybook_V1_CartLineAdded {
    var event: Cart.Event {
        .lineAdded(
            Cart.Line(sku: SKU(trusted: sku), quantity: quantity, unitPrice: unitPrice.value, isQuoted: quoted))
    }
}

extension Daybook_V1_CartChargeAdded {
    var event: Cart.Event { .chargeAdded(charge.value) }
}

extension Daybook_V1_CartQuantityChanged {
    var event: Cart.Event { .quantityChanged(SKU(trusted: sku), quantity: quantity) }
}

extension Daybook_V1_CartLineRemoved {
    var event: Cart.Event { .lineRemoved(SKU(trusted: sku)) }
}

extension Daybook_V1_CartOrdered {
    var event: Cart.Event { .ordered(OrderID(trusted: order)) }
}
