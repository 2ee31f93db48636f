/// What the shop knows of something it sells.
package struct Product: Aggregate {
    package enum Kind: String, Sendable, Codable {
        /// Kept in stock, put into carts.
        case goods
        /// Charged beside goods (postage, a fee, a discount); never in stock.
        case charge
    }

    package struct Details: Equatable, Sendable, Codable {
        package var name: String
        package var kind: Kind
        package var description: String?
        package var brand: String?
        /// The path from the top: `["Garden", "Lights"]`.
        package var categories: [String]
        package var attributes: [Attribute]
        /// Other names the product has gone by.
        package var otherNames: [String]
        package var price: Amount?

        package init(
            name: String, kind: Kind = .goods, description: String? = nil, brand: String? = nil,
            categories: [String] = [], attributes: [Attribute] = [], otherNames: [String] = [], price: Amount? = nil
        ) {
            self.name = name
            self.kind = kind
            self.description = description
            self.brand = brand
            self.categories = categories
            self.attributes = attributes
            self.otherNames = otherNames
            self.price = price
        }
    }

    package struct Attribute: Equatable, Sendable, Codable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package enum Event: Equatable, Sendable {
        case registered(Details)
        case priceChanged(Amount)
    }

    /// Nil until the product is registered. Texts for people are not kept: no rule needs them.
    package private(set) var kind: Kind?
    package private(set) var price: Amount?

    package init() {}

    package mutating func apply(_ event: Event) {
        switch event {
        case .registered(let details):
            kind = details.kind
            price = details.price
        case .priceChanged(let price):
            self.price = price
        }
    }

    func register(_ details: Details, as sku: SKU) throws(Refusal) -> Event {
        guard kind == nil else {
            throw Refusal(
                .productExists, "Product \"\(sku)\" is registered already. Change its price with change-price.")
        }
        return .registered(details)
    }

    func changePrice(to price: Amount, of sku: SKU) throws(Refusal) -> Event {
        guard kind != nil else { throw .unknownProduct(sku) }
        if let current = self.price, current.currency != price.currency {
            throw .currencyMismatch(current.currency, price.currency)
        }
        return .priceChanged(price)
    }

    /// What the goods cost today, or the price agreed on.
    func priceForSale(of sku: SKU, quoted: Amount?) throws(Refusal) -> Amount {
        guard let kind else { throw .unknownProduct(sku) }
        guard kind == .goods else {
            throw Refusal(.notForSale, "\"\(sku)\" is a charge, not goods. Put it on a cart with add-charge.")
        }
        guard let price = quoted ?? self.price else {
            throw Refusal(.noPrice, "Product \"\(sku)\" has no price yet. Give it one with change-price.")
        }
        return price
    }

    func requireGoods(_ sku: SKU) throws(Refusal) {
        guard let kind else { throw .unknownProduct(sku) }
        guard kind == .goods else {
            throw Refusal(.noStockKept, "\"\(sku)\" is a charge: no stock of it is kept.")
        }
    }
}
