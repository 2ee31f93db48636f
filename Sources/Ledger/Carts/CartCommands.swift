package struct AddToCart: Command {
    package static let name = "add-to-cart"
    let cart: CartID?
    let sku: SKU
    let quantity: Int64
    let quotedPrice: Amount?

    /// - Parameters:
    ///   - cart: nil begins a new cart.
    ///   - quotedPrice: an agreed unit price in place of the list's; its line is never merged with another.
    package init(cart: CartID?, sku: SKU, quantity: Int64, quotedPrice: Amount? = nil) throws(InvalidValue) {
        try Quantity.check(quantity)
        if let quotedPrice { try ChangePrice.check(quotedPrice, field: "quotedPrice") }
        self.cart = cart
        self.sku = sku
        self.quantity = quantity
        self.quotedPrice = quotedPrice
    }

    package var subject: StreamName? { cart.map { .cart($0) } }

    package func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] {
        let product = try books.product(sku)
        let unitPrice = try product.priceForSale(of: sku, quoted: quotedPrice)
        let id = cart ?? CartID(trusted: moment.freshID)
        let line = Cart.Line(sku: sku, quantity: quantity, unitPrice: unitPrice, isQuoted: quotedPrice != nil)
        return [.cart(id, try books.cart(id).add(line, to: id))]
    }

    package func result(of events: [StreamEvent]) -> CommandResult { .cart(of: events) }

    package func describe(to bytes: inout CanonicalBytes) {
        bytes.add(cart?.text)
        bytes.add(sku)
        bytes.add(quantity)
        bytes.add(quotedPrice.map { [$0] } ?? []) { $1.add($0) }
    }
}

/// Puts postage, a fee or another product of kind charge onto a cart, at the price given.
package struct AddCharge: Command {
    package static let name = "add-charge"
    let cart: CartID?
    let charge: Cart.Charge

    package init(cart: CartID?, charge: Cart.Charge) throws(InvalidValue) {
        try Quantity.check(charge.quantity)
        try ChangePrice.check(charge.unitPrice, field: "unitPrice")
        if let label = charge.label { try Text.check(label, noun: "label", bytesMax: 200) }
        self.cart = cart
        self.charge = charge
    }

    package var subject: StreamName? { cart.map { .cart($0) } }

    package func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] {
        guard let kind = try books.product(charge.code).kind else { throw Refusal.unknownProduct(charge.code) }
        guard kind == .charge else {
            throw Refusal(
                .notForSale, "\"\(charge.code)\" is goods, not a charge. Put it into the cart with add-to-cart.")
        }
        let id = cart ?? CartID(trusted: moment.freshID)
        return [.cart(id, try books.cart(id).add(charge, to: id))]
    }

    package func result(of events: [StreamEvent]) -> CommandResult { .cart(of: events) }

    package func describe(to bytes: inout CanonicalBytes) {
        bytes.add(cart?.text)
        bytes.add(charge.code)
        bytes.add(charge.label)
        bytes.add(charge.quantity)
        bytes.add(charge.unitPrice)
    }
}

package struct ChangeCartQuantity: Command {
    package static let name = "change-cart-quantity"
    let cart: CartID
    let sku: SKU
    let quantity: Int64

    package init(cart: CartID, sku: SKU, quantity: Int64) throws(InvalidValue) {
        try Quantity.check(quantity)
        self.cart = cart
        self.sku = sku
        self.quantity = quantity
    }

    package var subject: StreamName? { .cart(cart) }

    package func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] {
        [.cart(cart, try books.cart(cart).changeQuantity(of: sku, to: quantity, in: cart))]
    }

    package func result(of events: [StreamEvent]) -> CommandResult { .cart(of: events) }

    package func describe(to bytes: inout CanonicalBytes) {
        bytes.add(cart)
        bytes.add(sku)
        bytes.add(quantity)
    }
}

package struct RemoveFromCart: Command {
    package static let name = "remove-from-cart"
    let cart: CartID
    let sku: SKU

    package init(cart: CartID, sku: SKU) {
        self.cart = cart
        self.sku = sku
    }

    package var subject: StreamName? { .cart(cart) }

    package func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] {
        [.cart(cart, try books.cart(cart).remove(sku, from: cart))]
    }

    package func result(of events: [StreamEvent]) -> CommandResult { .cart(of: events) }

    package func describe(to bytes: inout CanonicalBytes) {
        bytes.add(cart)
        bytes.add(sku)
    }
}

extension CommandResult {
    fileprivate static func cart(of events: [StreamEvent]) -> CommandResult {
        guard let stream = events.first?.stream else { return CommandResult() }
        return CommandResult([("cart", .text(stream.id))], shows: stream)
    }
}
