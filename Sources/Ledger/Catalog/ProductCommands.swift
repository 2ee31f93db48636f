package struct RegisterProduct: Command {
    package static let name = "register-product"
    let sku: SKU
    let details: Product.Details

    /// - Throws: `InvalidValue` where a text or the price is out of its range.
    package init(sku: SKU, details: Product.Details) throws(InvalidValue) {
        try Text.check(details.name, noun: "name", bytesMax: 500)
        if let description = details.description {
            guard description.utf8.count <= 20_000 else {
                throw InvalidValue(
                    code: "invalid_text", message: "A description has at most 20,000 bytes.", field: "description")
            }
        }
        if let brand = details.brand { try Text.check(brand, noun: "brand", bytesMax: 200) }
        for (index, category) in details.categories.enumerated() {
            try Text.check(category, noun: "category", bytesMax: 200, field: "categories/\(index)")
        }
        for attribute in details.attributes {
            try Text.check(attribute.name, noun: "attribute name", bytesMax: 100, field: "attributes")
        }
        if let price = details.price { try ChangePrice.check(price) }
        self.sku = sku
        self.details = details
    }

    package var subject: StreamName? { .product(sku) }

    package func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] {
        [.product(sku, try books.product(sku).register(details, as: sku))]
    }

    package func describe(to bytes: inout CanonicalBytes) {
        bytes.add(sku)
        bytes.add(details.name)
        bytes.add(details.kind.rawValue)
        bytes.add(details.description)
        bytes.add(details.brand)
        bytes.add(details.categories) { $1.add($0) }
        bytes.add(details.attributes) {
            $1.add($0.name)
            $1.add($0.value)
        }
        bytes.add(details.otherNames) { $1.add($0) }
        bytes.add(details.price.map { [$0] } ?? []) { $1.add($0) }
    }
}

package struct ChangePrice: Command {
    package static let name = "change-price"
    let sku: SKU
    let price: Amount

    package init(sku: SKU, price: Amount) throws(InvalidValue) {
        try Self.check(price)
        self.sku = sku
        self.price = price
    }

    /// A unit price is from 0 to one million.
    static func check(_ price: Amount, field: String = "price") throws(InvalidValue) {
        guard (0...10_000_000_000).contains(price.tenThousandths) else {
            throw InvalidValue(
                code: "invalid_price", message: "A unit price is from 0 to 1000000; this one is \(price.text).",
                field: field)
        }
    }

    package var subject: StreamName? { .product(sku) }

    package func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] {
        [.product(sku, try books.product(sku).changePrice(to: price, of: sku))]
    }

    package func describe(to bytes: inout CanonicalBytes) {
        bytes.add(sku)
        bytes.add(price)
    }
}
