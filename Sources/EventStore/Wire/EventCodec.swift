package import Ledger
import SwiftProtobuf

/// Events to protobuf and back. The one place that knows both the rules' own types and the stored ones.
package enum EventCodec {
    /// - Parameter seal: encrypts personal data under the key of a person.
    /// - Throws: What `seal` throws.
    static func encode(
        _ event: StreamEvent, seal: (_ contact: Contact, _ person: String) throws -> [UInt8]
    ) throws -> (type: EventType, payload: [UInt8]) {
        switch event.event {
        case .product(let event): try encode(event)
        case .stock(let event): (StockEventWire.type(of: event), StockEventWire.bytes(of: event))
        case .cart(let event): try encode(event)
        case .order(let placed): try encode(placed, order: event.stream.id, seal: seal)
        case .numbers(.assigned(let number, let order)):
            (
                .orderNumberAssigned,
                try bytes(
                    Daybook_V1_OrderNumberAssigned.with {
                        $0.number = number
                        $0.order = order.text
                    })
            )
        case .document(let event): try encode(event)
        }
    }

    /// An event of a retired kind is read as what took its place.
    ///
    /// - Parameter open: decrypts personal data; nil where the person's key is gone.
    /// - Throws: what `open` throws, or an error of protobuf where the bytes are not such an event.
    package static func decode(
        _ type: EventType, _ payload: [UInt8], open: (_ box: [UInt8], _ person: String) throws -> Contact?
    ) throws -> Event {
        let (type, payload) = try Upcasters.standard.current(type, payload)
        return switch type {
        case .productRegistered: .product(try Daybook_V1_ProductRegistered(serializedBytes: payload).event())
        case .productPriceChanged: .product(try Daybook_V1_ProductPriceChanged(serializedBytes: payload).event)
        case .stockReceived, .stockAdjusted, .stockReserved, .stockReleased, .stockShipped, .stockReturned,
            .stockTakenBack:
            .stock(try StockEventWire.decoded(type, payload))
        case .cartLineAdded: .cart(try Daybook_V1_CartLineAdded(serializedBytes: payload).event)
        case .cartChargeAdded: .cart(try Daybook_V1_CartChargeAdded(serializedBytes: payload).event)
        case .cartQuantityChanged: .cart(try Daybook_V1_CartQuantityChanged(serializedBytes: payload).event)
        case .cartLineRemoved: .cart(try Daybook_V1_CartLineRemoved(serializedBytes: payload).event)
        case .cartOrdered: .cart(try Daybook_V1_CartOrdered(serializedBytes: payload).event)
        case .orderPlaced: .order(try Daybook_V1_OrderPlaced(serializedBytes: payload).event(open: open))
        case .orderPaid: .order(try Daybook_V1_OrderPaid(serializedBytes: payload).event)
        case .orderFulfilled: .order(try Daybook_V1_OrderFulfilled(serializedBytes: payload).event)
        case .orderCancelled: .order(try Daybook_V1_OrderCancelled(serializedBytes: payload).event)
        case .orderReturned: .order(try Daybook_V1_OrderReturned(serializedBytes: payload).event)
        case .orderNumberAssigned: .numbers(try Daybook_V1_OrderNumberAssigned(serializedBytes: payload).event)
        case .creditNoteIssued: .document(try Daybook_V1_CreditNoteIssued(serializedBytes: payload).event)
        case .adjustmentRecorded: .document(try Daybook_V1_AdjustmentRecorded(serializedBytes: payload).event)
        case .badDebtRecorded: .document(try Daybook_V1_BadDebtRecorded(serializedBytes: payload).event)
        }
    }

    static func bytes(_ message: some Message) throws -> [UInt8] {
        try message.serializedBytes()
    }
}

extension Daybook_V1_OrderNumberAssigned {
    var event: OrderNumbers.Event { .assigned(number, OrderID(trusted: order)) }
}
