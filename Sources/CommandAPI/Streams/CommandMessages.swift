import HTTPService
import HTTPTypes
import Ledger
import SwiftProtobuf

/// A command as a message of `command.proto`.
protocol CommandMessage: Message {
    /// - Throws: `Problem` or `InvalidValue` for a value that can't be.
    func command() throws -> any Command
}

extension CommandMessage {
    /// The checks of the command's own fields, once it is known that it has no others.
    fileprivate func checked() throws -> MessageCheck {
        let check = MessageCheck("")
        try check.known(self)
        return check
    }
}

extension Daybook_V1_CommandRequest.OneOf_Command {
    var message: any CommandMessage {
        switch self {
        case .registerProduct(let message): message
        case .changePrice(let message): message
        case .receiveStock(let message): message
        case .adjustStock(let message): message
        case .reserveStock(let message): message
        case .releaseStock(let message): message
        case .addToCart(let message): message
        case .addCharge(let message): message
        case .changeCartQuantity(let message): message
        case .removeFromCart(let message): message
        case .placeOrder(let message): message
        case .recordPayment(let message): message
        case .cancelOrder(let message): message
        case .fulfilOrder(let message): message
        case .returnItems(let message): message
        case .issueCreditNote(let message): message
        case .recordAdjustment(let message): message
        case .recordBadDebt(let message): message
        }
    }
}

// MARK: Catalog

extension Daybook_V1_RegisterProduct: CommandMessage {
    func command() throws -> any Command {
        let check = try checked()
        var kind = Product.Kind.goods
        if hasKind { kind = try CommandSpec.kind(self.kind) }
        let attributes = attributes.map { Product.Attribute(name: $0.key, value: $0.value) }
        let details = Product.Details(
            name: name, kind: kind, description: hasDescription_p ? description_p : nil, brand: hasBrand ? brand : nil,
            categories: categories, attributes: Product.Attribute.sorted(attributes), otherNames: otherNames,
            price: hasPrice ? try check.amount("price", if: true, price) : nil)
        return try RegisterProduct(sku: try check.identifier("sku", sku), details: details)
    }
}

extension Daybook_V1_ChangePrice: CommandMessage {
    func command() throws -> any Command {
        let check = try checked()
        return try ChangePrice(
            sku: try check.identifier("sku", sku), price: try check.amount("price", if: hasPrice, price))
    }
}

// MARK: Stock

extension Daybook_V1_ReceiveStock: CommandMessage {
    func command() throws -> any Command {
        let check = try checked()
        return try ReceiveStock(
            sku: try check.identifier("sku", sku), location: try check.identifier("location", location),
            quantity: try check.quantity("quantity", quantity), reference: hasReference ? reference : nil)
    }
}

extension Daybook_V1_AdjustStock: CommandMessage {
    func command() throws -> any Command {
        let check = try checked()
        return try AdjustStock(
            sku: try check.identifier("sku", sku), location: try check.identifier("location", location),
            delta: try check.delta("delta", delta), reason: reason)
    }
}

extension Daybook_V1_ReserveStock: CommandMessage {
    func command() throws -> any Command {
        let check = try checked()
        return try ReserveStock(
            sku: try check.identifier("sku", sku), quantity: try check.quantity("quantity", quantity),
            reservation: try check.identifier("reservation", if: hasReservation, reservation),
            expiresInSeconds: hasExpiresInSeconds ? expiresInSeconds : nil)
    }
}

extension Daybook_V1_ReleaseStock: CommandMessage {
    func command() throws -> any Command {
        let check = try checked()
        return ReleaseStock(
            sku: try check.identifier("sku", sku), reservation: try check.identifier("reservation", reservation))
    }
}

// MARK: Carts

extension Daybook_V1_AddToCart: CommandMessage {
    func command() throws -> any Command {
        let check = try checked()
        return try AddToCart(
            cart: try check.identifier("cart", if: hasCart, cart), sku: try check.identifier("sku", sku),
            quantity: try check.quantity("quantity", quantity),
            quotedPrice: hasQuotedPrice ? try check.amount("quotedPrice", if: true, quotedPrice) : nil)
    }
}

extension Daybook_V1_AddCharge: CommandMessage {
    func command() throws -> any Command {
        let check = try checked()
        return try AddCharge(
            cart: try check.identifier("cart", if: hasCart, cart),
            charge: Cart.Charge(
                code: try check.identifier("code", code), label: hasLabel ? label : nil,
                quantity: try check.quantity("quantity", quantity),
                unitPrice: try check.amount("unitPrice", if: hasUnitPrice, unitPrice)))
    }
}

extension Daybook_V1_ChangeCartQuantity: CommandMessage {
    func command() throws -> any Command {
        let check = try checked()
        return try ChangeCartQuantity(
            cart: try check.identifier("cart", cart), sku: try check.identifier("sku", sku),
            quantity: try check.quantity("quantity", quantity))
    }
}

extension Daybook_V1_RemoveFromCart: CommandMessage {
    func command() throws -> any Command {
        let check = try checked()
        return RemoveFromCart(cart: try check.identifier("cart", cart), sku: try check.identifier("sku", sku))
    }
}

// MARK: Orders

extension Daybook_V1_PlaceOrder: CommandMessage {
    func command() throws -> any Command {
        let check = try checked()
        return try PlaceOrder(
            cart: try check.identifier("cart", cart), contact: try contact(check),
            reference: hasReference ? reference : nil,
            customer: try check.identifier("customer", if: hasCustomer, customer), country: hasCountry ? country : nil)
    }

    private func contact(_ check: MessageCheck) throws -> Contact? {
        guard hasEmail || hasShippingAddress else { return nil }
        let address = hasShippingAddress ? try shippingAddress.address(check.inside("shippingAddress")) : nil
        return try check.check("email") { () throws(InvalidValue) in
            try Contact(email: hasEmail ? email : nil, shippingAddress: address)
        }
    }
}

extension Daybook_V1_ShippingAddress {
    fileprivate func address(_ check: MessageCheck) throws -> Contact.Address {
        try check.known(self)
        do {
            return try Contact.Address(
                name: name, line1: line1, line2: hasLine2 ? line2 : nil, city: city, region: hasRegion ? region : nil,
                postcode: hasPostcode ? postcode : nil, country: country)
        } catch {
            throw error.inside("shippingAddress")
        }
    }
}

extension Daybook_V1_RecordPayment: CommandMessage {
    func command() throws -> any Command {
        let check = try checked()
        return try RecordPayment(
            order: try check.identifier("order", order), amount: try check.money("amount", if: hasAmount, amount),
            method: hasMethod ? method : nil)
    }
}

extension Daybook_V1_CancelOrder: CommandMessage {
    func command() throws -> any Command {
        try CancelOrder(order: try checked().identifier("order", order), reason: reason)
    }
}

extension Daybook_V1_FulfilOrder: CommandMessage {
    func command() throws -> any Command {
        let check = try checked()
        return try FulfilOrder(
            order: try check.identifier("order", order), pieces: lines.isEmpty ? nil : try lines.pieces(check))
    }
}

extension Daybook_V1_ReturnItems: CommandMessage {
    func command() throws -> any Command {
        let check = try checked()
        return try ReturnItems(
            order: try check.identifier("order", order), pieces: try lines.pieces(check), restock: restock,
            damaged: damaged)
    }
}

extension [Daybook_V1_OrderedPieces] {
    fileprivate func pieces(_ check: MessageCheck) throws -> [Order.Pieces] {
        try enumerated().map { index, line in
            let check = check.inside("lines/\(index)")
            try check.known(line)
            return Order.Pieces(
                code: try check.identifier("sku", line.sku), quantity: try check.quantity("quantity", line.quantity))
        }
    }
}

// MARK: Documents

extension Daybook_V1_IssueCreditNote: CommandMessage {
    func command() throws -> any Command {
        let check = try checked()
        let lines = try lines.enumerated().map { index, line in
            let check = check.inside("lines/\(index)")
            try check.known(line)
            return CreditNote.Line(
                code: try check.identifier("code", line.code), label: line.hasLabel ? line.label : nil,
                quantity: try check.quantity("quantity", line.quantity),
                amount: try check.amount("amount", if: line.hasAmount, line.amount),
                order: try check.identifier("order", if: line.hasOrder, line.order))
        }
        return try IssueCreditNote(
            document: try check.identifier("document", if: hasDocument, document),
            reference: hasReference ? reference : nil,
            customer: try check.identifier("customer", if: hasCustomer, customer), country: hasCountry ? country : nil,
            lines: lines)
    }
}

extension Daybook_V1_RecordAdjustment: CommandMessage {
    func command() throws -> any Command {
        let check = try checked()
        let lines = try lines.enumerated().map { index, line in
            let check = check.inside("lines/\(index)")
            try check.known(line)
            return Adjustment.Line(
                code: try check.identifier("code", line.code), delta: line.delta, reason: line.reason)
        }
        return try RecordAdjustment(
            document: try check.identifier("document", if: hasDocument, document),
            adjustment: Adjustment(
                reference: hasReference ? reference : nil, country: hasCountry ? country : nil,
                currency: try check.currency("currency", currency),
                location: try check.identifier("location", location), lines: lines))
    }
}

extension Daybook_V1_RecordBadDebt: CommandMessage {
    func command() throws -> any Command {
        let check = try checked()
        return try RecordBadDebt(
            document: try check.identifier("document", if: hasDocument, document),
            debt: BadDebt(
                reference: hasReference ? reference : nil,
                customer: try check.identifier("customer", if: hasCustomer, customer),
                country: hasCountry ? country : nil, code: try check.identifier("code", code),
                label: hasLabel ? label : nil, quantity: try check.quantity("quantity", quantity),
                unitPrice: try check.amount("unitPrice", if: hasUnitPrice, unitPrice)))
    }
}
