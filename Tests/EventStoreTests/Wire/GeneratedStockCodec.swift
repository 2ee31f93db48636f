import Ledger
import SwiftProtobuf

@testable import EventStore

/// Stock events by the code generated from `stock.proto`: what the codec written by hand is held against.
enum GeneratedStockCodec {
    static func encode(_ event: StockItem.Event) throws -> (EventType, [UInt8]) {
        switch event {
        case .received(let goods, let reference):
            (
                .stockReceived,
                try EventCodec.bytes(
                    Daybook_V1_StockReceived.with {
                        $0.goods = Daybook_V1_Allocation(goods)
                        if let reference { $0.reference = reference }
                    })
            )
        case .adjusted(let location, let delta, let reason):
            (
                .stockAdjusted,
                try EventCodec.bytes(
                    Daybook_V1_StockAdjusted.with {
                        $0.location = location.text
                        $0.delta = delta
                        $0.reason = reason
                    })
            )
        case .reserved(let id, let reservation):
            (
                .stockReserved,
                try EventCodec.bytes(
                    Daybook_V1_StockReserved.with {
                        $0.reservation = id.text
                        $0.allocations = reservation.allocations.map(Daybook_V1_Allocation.init)
                        $0.heldByOrder = reservation.order != nil
                        if let expiry = reservation.expiresAt { $0.expiresAt = expiry.microseconds }
                    })
            )
        case .released(let id, let allocations, let expired):
            (
                .stockReleased,
                try EventCodec.bytes(
                    Daybook_V1_StockReleased.with {
                        $0.reservation = id.text
                        $0.allocations = allocations.map(Daybook_V1_Allocation.init)
                        $0.expired = expired
                    })
            )
        case .shipped(let id, let allocations):
            (
                .stockShipped,
                try EventCodec.bytes(
                    Daybook_V1_StockShipped.with {
                        $0.reservation = id.text
                        $0.allocations = allocations.map(Daybook_V1_Allocation.init)
                    })
            )
        case .takenBack(let goods, let document, let disposition):
            (
                .stockTakenBack,
                try EventCodec.bytes(
                    Daybook_V1_StockTakenBack.with {
                        $0.goods = Daybook_V1_Allocation(goods)
                        $0.document = document.text
                        $0.disposition = Daybook_V1_Disposition(disposition)
                    })
            )
        }
    }
}

extension GeneratedStockCodec {
    static func decode(_ type: EventType, _ payload: [UInt8]) throws -> StockItem.Event? {
        switch type {
        case .stockReceived: try Daybook_V1_StockReceived(serializedBytes: payload).event
        case .stockAdjusted: try Daybook_V1_StockAdjusted(serializedBytes: payload).event
        case .stockReserved: try Daybook_V1_StockReserved(serializedBytes: payload).event
        case .stockReleased: try Daybook_V1_StockReleased(serializedBytes: payload).event
        case .stockShipped: try Daybook_V1_StockShipped(serializedBytes: payload).event
        case .stockTakenBack: try Daybook_V1_StockTakenBack(serializedBytes: payload).event
        default: nil
        }
    }
}

extension Daybook_V1_StockReceived {
    var event: StockItem.Event { .received(goods.value, reference: hasReference ? reference : nil) }
}

extension Daybook_V1_StockAdjusted {
    var event: StockItem.Event { .adjusted(Location(trusted: location), delta: delta, reason: reason) }
}

extension Daybook_V1_StockReserved {
    var event: StockItem.Event {
        .reserved(
            ReservationID(trusted: reservation),
            StockItem.Reservation(
                allocations: .init(allocations.map(\.value)),
                order: heldByOrder ? OrderID(trusted: reservation) : nil,
                expiresAt: hasExpiresAt ? Timestamp(microseconds: expiresAt) : nil))
    }
}

extension Daybook_V1_StockReleased {
    var event: StockItem.Event {
        .released(ReservationID(trusted: reservation), allocations: .init(allocations.map(\.value)), expired: expired)
    }
}

extension Daybook_V1_StockShipped {
    var event: StockItem.Event {
        .shipped(ReservationID(trusted: reservation), allocations: .init(allocations.map(\.value)))
    }
}

extension Daybook_V1_StockTakenBack {
    var event: StockItem.Event? {
        disposition.value.map { .takenBack(goods.value, document: DocumentID(trusted: document), $0) }
    }
}
