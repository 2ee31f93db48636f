/// What a shopper has chosen, until it becomes an order.
package struct Cart: Aggregate {
    package struct Line: Equatable, Sendable, Codable {
        package let sku: SKU
        package fileprivate(set) var quantity: Int64
        package let unitPrice: Amount
        /// At a price agreed with the shopper rather than the list's. Such a line stands by itself.
        package let isQuoted: Bool

        package init(sku: SKU, quantity: Int64, unitPrice: Amount, isQuoted: Bool) {
            self.sku = sku
            self.quantity = quantity
            self.unitPrice = unitPrice
            self.isQuoted = isQuoted
        }
    }

    /// Something charged beside the goods: postage, a fee. `code` names a product of kind charge.
    package struct Charge: Equatable, Sendable, Codable {
        package let code: SKU
        package let label: String?
        package let quantity: Int64
        package let unitPrice: Amount

        package init(code: SKU, label: String?, quantity: Int64, unitPrice: Amount) {
            self.code = code
            self.label = label
            self.quantity = quantity
            self.unitPrice = unitPrice
        }
    }

    package enum Event: Equatable, Sendable {
        case lineAdded(Line)
        case chargeAdded(Charge)
        case quantityChanged(SKU, quantity: Int64)
        case lineRemoved(SKU)
        case ordered(OrderID)
    }

    package private(set) var exists = false
    package private(set) var lines: [Line] = []
    package private(set) var charges: [Charge] = []
    package private(set) var order: OrderID?

    package init() {}

    package mutating func apply(_ event: Event) {
        exists = true
        switch event {
        case .lineAdded(let line):
            if !line.isQuoted, let index = listPriceLine(of: line.sku), lines[index].unitPrice == line.unitPrice {
                lines[index].quantity += line.quantity
            } else {
                lines.append(line)
            }
        case .chargeAdded(let charge): charges.append(charge)
        case .quantityChanged(let sku, let quantity):
            // All that is at list price becomes one line, at the price it was first added for.
            guard let index = listPriceLine(of: sku) else { return }
            lines[index].quantity = quantity
            let kept = lines[index]
            lines.removeAll { $0.sku == sku && !$0.isQuoted && $0 != kept }
        case .lineRemoved(let sku): lines.removeAll { $0.sku == sku }
        case .ordered(let order): self.order = order
        }
    }

    private func listPriceLine(of sku: SKU) -> Int? {
        lines.firstIndex { $0.sku == sku && !$0.isQuoted }
    }
}

// Decisions.
extension Cart {
    /// Lines and charges together, so that an order fits into one record.
    package static let linesMax = 2_000

    func add(_ line: Line, to id: CartID) throws(Refusal) -> Event {
        try refuseClosed(id)
        try refuseFull(id)
        try refuseOtherCurrency(line.unitPrice)
        let held = lines.reduce(Int64(0)) { $1.sku == line.sku ? $0 + $1.quantity : $0 }
        guard held + line.quantity <= Quantity.max else { throw Self.tooMany(of: line.sku, in: id) }
        return .lineAdded(line)
    }

    func add(_ charge: Charge, to id: CartID) throws(Refusal) -> Event {
        try refuseClosed(id)
        try refuseFull(id)
        try refuseOtherCurrency(charge.unitPrice)
        return .chargeAdded(charge)
    }

    func changeQuantity(of sku: SKU, to quantity: Int64, in id: CartID) throws(Refusal) -> Event {
        try refuseMissing(id)
        try refuseClosed(id)
        guard listPriceLine(of: sku) != nil else { throw Self.notInCart(sku, id) }
        let quoted = lines.reduce(Int64(0)) { $1.sku == sku && $1.isQuoted ? $0 + $1.quantity : $0 }
        guard quoted + quantity <= Quantity.max else { throw Self.tooMany(of: sku, in: id) }
        return .quantityChanged(sku, quantity: quantity)
    }

    func remove(_ sku: SKU, from id: CartID) throws(Refusal) -> Event {
        try refuseMissing(id)
        try refuseClosed(id)
        guard lines.contains(where: { $0.sku == sku }) else { throw Self.notInCart(sku, id) }
        return .lineRemoved(sku)
    }

    func place(as order: OrderID, from id: CartID) throws(Refusal) -> Event {
        try refuseMissing(id)
        try refuseClosed(id)
        guard !lines.isEmpty || !charges.isEmpty else {
            throw Refusal(.cartEmpty, "Cart \"\(id)\" is empty. Add something with add-to-cart before ordering.")
        }
        return .ordered(order)
    }

    private func refuseMissing(_ id: CartID) throws(Refusal) {
        guard exists else {
            throw Refusal(.unknownCart, "There is no cart \"\(id)\". add-to-cart without a cart makes a new one.")
        }
    }

    private func refuseClosed(_ id: CartID) throws(Refusal) {
        guard let order else { return }
        throw Refusal(.cartClosed, "Cart \"\(id)\" became order \"\(order)\" and changes no more. Begin a new one.")
    }

    private func refuseFull(_ id: CartID) throws(Refusal) {
        guard lines.count + charges.count < Self.linesMax else {
            throw Refusal(
                .cartFull,
                "Cart \"\(id)\" has \(Self.linesMax) lines, the most a cart holds. Place it and begin a new one.")
        }
    }

    private func refuseOtherCurrency(_ price: Amount) throws(Refusal) {
        let currency = lines.first?.unitPrice.currency ?? charges.first?.unitPrice.currency
        if let currency, currency != price.currency { throw .currencyMismatch(currency, price.currency) }
    }

    private static func tooMany(of sku: SKU, in id: CartID) -> Refusal {
        Refusal(.cartFull, "Cart \"\(id)\" would hold more than \(Quantity.max) of \"\(sku)\".")
    }

    private static func notInCart(_ sku: SKU, _ id: CartID) -> Refusal {
        Refusal(.notInCart, "Cart \"\(id)\" has no line of \"\(sku)\" that could be changed.")
    }
}
