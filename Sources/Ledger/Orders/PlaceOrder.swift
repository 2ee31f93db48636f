/// Takes the cart, reserves every line, creates the order: all in one step, or nothing.
package struct PlaceOrder: Command {
    package static let name = "place-order"
    let cart: CartID
    let order: OrderID?
    let contact: Contact?
    let reference: String?
    let customer: CustomerID?
    let country: String?

    /// - Parameters:
    ///   - order: the new order's id; nil for a fresh one.
    ///   - country: nil takes the shipping address's.
    package init(
        cart: CartID, order: OrderID? = nil, contact: Contact? = nil, reference: String? = nil,
        customer: CustomerID? = nil, country: String? = nil
    ) throws(InvalidValue) {
        if let reference { try Text.check(reference, noun: "reference", bytesMax: 200) }
        if let country { try Text.check(country, noun: "country", bytesMax: 100) }
        self.cart = cart
        self.order = order
        self.contact = contact
        self.reference = reference
        self.customer = customer
        self.country = country ?? contact?.shippingAddress?.country
    }

    package var subject: StreamName? { .cart(cart) }

    package func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] {
        let id = order ?? OrderID(trusted: moment.freshID)
        let chosen = try books.cart(cart)
        let ordered = try chosen.place(as: id, from: cart)
        guard try books.order(id).terms == nil else {
            throw Refusal(.orderExists, "Order \"\(id)\" exists already.")
        }
        let placement = try placement(of: chosen, number: try books.orderNumbers().last + 1)
        let reservations = try reserve(placement.lines, for: id, books, moment)
        let number = try books.orderNumbers().next(for: id)
        return reservations + [.cart(cart, ordered), .order(id, .placed(placement)), .number(number)]
    }

    private func placement(of chosen: Cart, number: Int64) throws(Refusal) -> Order.Placement {
        var amounts: [Amount] = []
        for line in chosen.lines { amounts.append(try line.unitPrice.times(line.quantity)) }
        for charge in chosen.charges { amounts.append(try charge.unitPrice.times(charge.quantity)) }
        var sum = Amount(tenThousandths: 0, currency: amounts[0].currency)
        for amount in amounts { sum = try sum.adding(amount) }
        return Order.Placement(
            number: number, cart: cart, reference: reference, customer: customer, country: country, contact: contact,
            lines: chosen.lines.map { Order.Line(sku: $0.sku, quantity: $0.quantity, unitPrice: $0.unitPrice) },
            charges: chosen.charges, total: Rounding.halfUp.round(sum), rounding: .halfUp)
    }

    private func reserve(
        _ lines: [Order.Line], for id: OrderID, _ books: any Books, _ moment: Moment
    ) throws -> [StreamEvent] {
        let pieces = Order.Pieces.summed(lines.map { Order.Pieces(code: $0.sku, quantity: $0.quantity) })
        return try pieces.flatMap { piece in
            try books.stock(piece.code).reserve(
                piece.quantity, as: id.reservation, order: id, expiresAt: nil, sku: piece.code, now: moment.now
            ).map { .stock(piece.code, $0) }
        }
    }

    package func result(of events: [StreamEvent]) -> CommandResult {
        for event in events {
            if case .order(.placed(let order)) = event.event {
                return CommandResult(
                    [
                        ("order", .text(event.stream.id)), ("number", .text(String(order.number))),
                        ("total", .money(order.total)),
                    ], shows: event.stream)
            }
        }
        return CommandResult()
    }

    package func describe(to bytes: inout CanonicalBytes) {
        bytes.add(cart)
        bytes.add(contact == nil ? 0 : 1)
        for text in [order?.text, reference, customer?.text, country, contact?.email] { bytes.add(text) }
        let address = contact?.shippingAddress
        for text in [
            address?.name, address?.line1, address?.line2, address?.city, address?.region, address?.postcode,
            address?.country,
        ] { bytes.add(text) }
    }
}

extension OrderID {
    /// The name under which an order holds stock.
    var reservation: ReservationID { ReservationID(trusted: text) }
}
