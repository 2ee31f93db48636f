package struct ReceiveStock: Command {
    package static let name = "receive-stock"
    let sku: SKU
    let location: Location
    let quantity: Int64
    let reference: String?

    package init(sku: SKU, location: Location, quantity: Int64, reference: String? = nil) throws(InvalidValue) {
        try Quantity.check(quantity)
        if let reference { try Text.check(reference, noun: "reference", bytesMax: 200) }
        self.sku = sku
        self.location = location
        self.quantity = quantity
        self.reference = reference
    }

    package var subject: StreamName? { .stock(sku) }

    package func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] {
        try books.product(sku).requireGoods(sku)
        let goods = StockItem.Allocation(location: location, quantity: quantity)
        return [.stock(sku, try books.stock(sku).receive(goods, reference: reference, sku: sku))]
    }

    package func describe(to bytes: inout CanonicalBytes) {
        bytes.add(sku)
        bytes.add(location)
        bytes.add(quantity)
        bytes.add(reference)
    }
}

package struct AdjustStock: Command {
    package static let name = "adjust-stock"
    let sku: SKU
    let location: Location
    let delta: Int64
    let reason: String

    package init(sku: SKU, location: Location, delta: Int64, reason: String) throws(InvalidValue) {
        try Quantity.check(delta: delta)
        try Text.check(reason, noun: "reason", bytesMax: 500)
        self.sku = sku
        self.location = location
        self.delta = delta
        self.reason = reason
    }

    package var subject: StreamName? { .stock(sku) }

    package func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] {
        try books.product(sku).requireGoods(sku)
        return try books.stock(sku).adjust(location, by: delta, reason: reason, sku: sku, now: moment.now)
            .map { .stock(sku, $0) }
    }

    package func describe(to bytes: inout CanonicalBytes) {
        bytes.add(sku)
        bytes.add(location)
        bytes.add(delta)
        bytes.add(reason)
    }
}

/// Holds stock for a while without an order.
package struct ReserveStock: Command {
    package static let name = "reserve-stock"
    /// A quarter of an hour, where the caller names no time.
    package static let expirySecondsDefault: Int64 = 900
    /// Thirty days.
    package static let expirySecondsMax: Int64 = 2_592_000
    let sku: SKU
    let quantity: Int64
    let reservation: ReservationID?
    let expiresInSeconds: Int64

    package init(
        sku: SKU, quantity: Int64, reservation: ReservationID? = nil, expiresInSeconds: Int64? = nil
    ) throws(InvalidValue) {
        try Quantity.check(quantity)
        let seconds = expiresInSeconds ?? Self.expirySecondsDefault
        guard (1...Self.expirySecondsMax).contains(seconds) else {
            throw InvalidValue(
                code: "invalid_expiry",
                message: "A reservation expires in 1 to \(Self.expirySecondsMax) seconds; not in \(seconds).",
                field: "expiresInSeconds")
        }
        self.sku = sku
        self.quantity = quantity
        self.reservation = reservation
        self.expiresInSeconds = seconds
    }

    package var subject: StreamName? { .stock(sku) }

    package func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] {
        let stock = try books.stock(sku)
        // What was ever in stock is goods.
        if stock.balances.isEmpty { try books.product(sku).requireGoods(sku) }
        let id = reservation ?? ReservationID(trusted: moment.freshID)
        return try stock.reserve(
            quantity, as: id, isFresh: reservation == nil, order: nil,
            expiresAt: moment.now.adding(seconds: expiresInSeconds), sku: sku, now: moment.now
        ).map { .stock(sku, $0) }
    }

    package func result(of events: [StreamEvent]) -> CommandResult {
        for event in events {
            guard case .stock(.reserved(let id, let reservation)) = event.event else { continue }
            guard let expiresAt = reservation.expiresAt else { return CommandResult([("reservation", .text(id.text))]) }
            return CommandResult([("reservation", .text(id.text)), ("expiresAt", .time(expiresAt))])
        }
        return CommandResult()
    }

    package func describe(to bytes: inout CanonicalBytes) {
        bytes.add(sku)
        bytes.add(quantity)
        bytes.add(reservation?.text)
        bytes.add(expiresInSeconds)
    }
}

package struct ReleaseStock: Command {
    package static let name = "release-stock"
    let sku: SKU
    let reservation: ReservationID

    package init(sku: SKU, reservation: ReservationID) {
        self.sku = sku
        self.reservation = reservation
    }

    package var subject: StreamName? { .stock(sku) }

    package func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent] {
        try books.product(sku).requireGoods(sku)
        return [.stock(sku, try books.stock(sku).release(reservation, sku: sku, now: moment.now))]
    }

    package func describe(to bytes: inout CanonicalBytes) {
        bytes.add(sku)
        bytes.add(reservation)
    }
}
