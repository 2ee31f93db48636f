import SwiftProtobuf

/// Whether goods that came back were for sale again was all that was said of them. See `migrations/events/0001`.
enum StockReturnedUpcaster: Upcaster {
    static let from = EventType.stockReturned
    static let to = EventType.stockTakenBack

    static func upcast(_ old: Daybook_V1_StockReturned) -> Daybook_V1_StockTakenBack {
        .with {
            if old.hasGoods { $0.goods = old.goods }
            $0.document = old.document
            $0.disposition = old.restocked ? .restocked : .keptApart
        }
    }
}
