import Ledger
import SwiftProtobuf

extension EventCodec {
    static func encode(_ event: Product.Event) throws -> (EventType, [UInt8]) {
        switch event {
        case .registered(let details):
            (
                .productRegistered,
                try bytes(
                    Daybook_V1_ProductRegistered.with {
                        $0.name = details.name
                        $0.kind = details.kind == .goods ? .goods : .charge
                        if let description = details.description { $0.description_p = description }
                        if let brand = details.brand { $0.brand = brand }
                        $0.categories = details.categories
                        $0.attributes = details.attributes.map { attribute in
                            .with {
                                $0.name = attribute.name
                                $0.value = attribute.value
                            }
                        }
                        $0.otherNames = details.otherNames
                        if let price = details.price { $0.price = Daybook_V1_Amount(price) }
                    })
            )
        case .priceChanged(let price):
            (
                .productPriceChanged,
                try bytes(Daybook_V1_ProductPriceChanged.with { $0.price = Daybook_V1_Amount(price) })
            )
        }
    }
}

extension Daybook_V1_ProductRegistered {
    func event() throws -> Product.Event {
        let known: Product.Kind =
            switch kind {
            case .goods: .goods
            case .charge: .charge
            case .UNRECOGNIZED(let number):
                throw EventStoreError(
                    .undecodable, "A product is of kind \(number), which this program does not know. Use a newer one.")
            }
        return .registered(
            Product.Details(
                name: name, kind: known,
                description: hasDescription_p ? description_p : nil, brand: hasBrand ? brand : nil,
                categories: categories,
                attributes: attributes.map { Product.Attribute(name: $0.name, value: $0.value) },
                otherNames: otherNames, price: hasPrice ? price.value : nil))
    }
}

extension Daybook_V1_ProductPriceChanged {
    var event: Product.Event { .priceChanged(price.value) }
}
