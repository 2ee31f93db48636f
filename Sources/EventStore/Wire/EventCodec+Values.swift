import Ledger
import SwiftProtobuf

extension Daybook_V1_Amount {
    init(_ amount: Amount) {
        self.init()
        tenThousandths = amount.tenThousandths
        currency = amount.currency.code
    }

    var value: Amount { Amount(tenThousandths: tenThousandths, currency: Currency(trusted: currency)) }
}

extension Daybook_V1_Money {
    init(_ money: Money) {
        self.init()
        minorUnits = money.minorUnits
        currency = money.currency.code
    }

    var value: Money { Money(minorUnits: minorUnits, currency: Currency(trusted: currency)) }
}

extension Daybook_V1_Allocation {
    init(_ allocation: StockItem.Allocation) {
        self.init()
        location = allocation.location.text
        quantity = allocation.quantity
    }

    var value: StockItem.Allocation { StockItem.Allocation(location: Location(trusted: location), quantity: quantity) }
}

extension Daybook_V1_Pieces {
    init(_ pieces: Order.Pieces) {
        self.init()
        code = pieces.code.text
        quantity = pieces.quantity
    }

    var value: Order.Pieces { Order.Pieces(code: SKU(trusted: code), quantity: quantity) }
}

extension Daybook_V1_Charge {
    init(_ charge: Cart.Charge) {
        self.init()
        code = charge.code.text
        if let text = charge.label { label = text }
        quantity = charge.quantity
        unitPrice = Daybook_V1_Amount(charge.unitPrice)
    }

    var value: Cart.Charge {
        Cart.Charge(
            code: SKU(trusted: code), label: hasLabel ? label : nil, quantity: quantity, unitPrice: unitPrice.value)
    }
}

extension Daybook_V1_Contact {
    init(_ contact: Contact) {
        self.init()
        if let text = contact.email { email = text }
        guard let address = contact.shippingAddress else { return }
        shippingAddress = .with {
            $0.name = address.name
            $0.line1 = address.line1
            if let line2 = address.line2 { $0.line2 = line2 }
            $0.city = address.city
            if let region = address.region { $0.region = region }
            if let postcode = address.postcode { $0.postcode = postcode }
            $0.country = address.country
        }
    }

    /// - Throws: `InvalidValue` where a stored text is not one that the rules ever accepted.
    func value() throws -> Contact {
        let address = shippingAddress
        return try Contact(
            email: hasEmail ? email : nil,
            shippingAddress: hasShippingAddress
                ? Contact.Address(
                    name: address.name, line1: address.line1, line2: address.hasLine2 ? address.line2 : nil,
                    city: address.city, region: address.hasRegion ? address.region : nil,
                    postcode: address.hasPostcode ? address.postcode : nil, country: address.country) : nil)
    }
}
