/// The stock of one SKU as double-entry accounts: every event moves a quantity from one account to another,
/// so that the sum over all accounts is always 0 and no piece appears or vanishes unaccounted for.
///
/// On-hand at a location = available + reserved there. Neither is ever below zero.
package struct StockItem: Aggregate {
    package enum Account: Hashable, Sendable, Codable {
        /// Outside: where goods come from. Its balance is minus all that was received.
        case supplier
        case available(Location)
        case reserved(Location)
        /// With customers. Below zero where goods came back that were sold before the ledger began.
        case shipped
        /// Came back, and not put back for sale.
        case returned
        /// Came back broken.
        case damaged
        /// Counted as gone; below zero where more was found than lost.
        case lost
    }

    package struct Movement: Equatable, Sendable {
        package let from: Account
        package let to: Account
        package let quantity: Int64
    }

    /// How much at which location.
    package struct Allocation: Equatable, Sendable, Codable {
        package let location: Location
        package let quantity: Int64

        package init(location: Location, quantity: Int64) {
            self.location = location
            self.quantity = quantity
        }
    }

    package struct Reservation: Equatable, Sendable, Codable {
        package let allocations: Allocations
        /// The order that holds it; such a reservation ends with the order alone.
        package let order: OrderID?
        /// From this instant on it is free; nil for never.
        package let expiresAt: Timestamp?

        package init(allocations: Allocations, order: OrderID?, expiresAt: Timestamp?) {
            self.allocations = allocations
            self.order = order
            self.expiresAt = expiresAt
        }

        package var quantity: Int64 { allocations.reduce(0) { $0 + $1.quantity } }

        package func isExpired(at now: Timestamp) -> Bool { expiresAt.map { $0 <= now } ?? false }
    }

    package enum Event: Equatable, Sendable {
        case received(Allocation, reference: String?)
        case adjusted(Location, delta: Int64, reason: String)
        case reserved(ReservationID, Reservation)
        case released(ReservationID, allocations: Allocations, expired: Bool)
        case shipped(ReservationID, allocations: Allocations)
        case takenBack(Allocation, document: DocumentID, Disposition)
    }

    /// What becomes of goods that came back.
    package enum Disposition: String, CaseIterable, Sendable {
        /// They are for sale again.
        case restocked
        /// They are kept apart, until somebody has looked at them.
        case keptApart = "kept-apart"
        /// They can't be sold any more.
        case damaged
    }

    private var accounts = StockAccounts()
    private var held: [ReservationKey: Reservation] = [:]
    /// When reservations expire, the earliest first; some of them may have ended since.
    private var expiries = ExpiryHeap()

    package struct Balance: Equatable, Sendable, Codable {
        package let account: Account
        package internal(set) var quantity: Int64
    }

    package init() {}

    package mutating func apply(_ event: Event) {
        accounts.post(event)
        switch event {
        case .reserved(let id, let reservation):
            held[ReservationKey(id)] = reservation
            if let expiry = reservation.expiresAt { expiries.insert(Expiry(at: expiry, id: id)) }
        case .released(let id, _, _), .shipped(let id, _):
            held[ReservationKey(id)] = nil
            dropEndedExpiries()
        case .received, .adjusted, .takenBack: break
        }
    }

    /// The entries an event makes in the accounts, in order.
    package static func movements(of event: Event) -> [Movement] {
        var movements: [Movement] = []
        forEachMovement(of: event) { movements.append($0) }
        return movements
    }

    /// The same, lent one by one: where millions of events are folded, an array for each is a good part of it.
    package static func forEachMovement(of event: Event, _ body: (Movement) -> Void) {
        switch event {
        case .received(let goods, _):
            body(Movement(from: .supplier, to: .available(goods.location), quantity: goods.quantity))
        case .adjusted(let location, let delta, _):
            body(
                delta > 0
                    ? Movement(from: .lost, to: .available(location), quantity: delta)
                    : Movement(from: .available(location), to: .lost, quantity: -delta))
        case .reserved(_, let reservation):
            for held in reservation.allocations {
                body(Movement(from: .available(held.location), to: .reserved(held.location), quantity: held.quantity))
            }
        case .released(_, let allocations, _):
            for held in allocations {
                body(Movement(from: .reserved(held.location), to: .available(held.location), quantity: held.quantity))
            }
        case .shipped(_, let allocations):
            for held in allocations {
                body(Movement(from: .reserved(held.location), to: .shipped, quantity: held.quantity))
            }
        case .takenBack(let goods, _, let disposition):
            body(Movement(from: .shipped, to: account(of: goods.location, disposition), quantity: goods.quantity))
        }
    }

    private static func account(of location: Location, _ disposition: Disposition) -> Account {
        switch disposition {
        case .restocked: .available(location)
        case .keptApart: .returned
        case .damaged: .damaged
        }
    }
}

// Questions.
extension StockItem {
    package var balances: [Balance] { accounts.balances }

    /// All that are held, expired ones too.
    package var reservations: [ReservationID: Reservation] {
        Dictionary(uniqueKeysWithValues: held.map { ($0.key.id, $0.value) })
    }

    package func balance(of account: Account) -> Int64 {
        balances.first { $0.account == account }?.quantity ?? 0
    }

    /// What may be reserved now: an expired reservation is free at that instant, written down or not.
    package func available(at now: Timestamp) -> Int64 {
        let free = balances.reduce(Int64(0)) { sum, balance in
            if case .available = balance.account { sum + balance.quantity } else { sum }
        }
        return expired(at: now).reduce(free) { $0 + $1.reservation.quantity }
    }

    /// The location with the most available, the first by name among equals; nil before any receipt.
    package var fullestLocation: Location? {
        availableByLocation.first?.location
    }

    private var availableByLocation: [Allocation] {
        balances.compactMap { balance in
            guard case .available(let location) = balance.account else { return nil }
            return Allocation(location: location, quantity: balance.quantity)
        }
        .sorted { ($1.quantity, $0.location) < ($0.quantity, $1.location) }
    }
}

// Decisions.
extension StockItem {
    /// No account grows beyond this, so that sums never overflow.
    static let quantityMax: Int64 = 1_000_000_000_000

    func receive(_ goods: Allocation, reference: String?, sku: SKU) throws(Refusal) -> Event {
        try refuseOverflow(adding: goods.quantity, sku: sku)
        return .received(goods, reference: reference)
    }

    /// Expired reservations are written down as released before goods are counted away.
    func adjust(
        _ location: Location, by delta: Int64, reason: String, sku: SKU, now: Timestamp
    ) throws(Refusal) -> [Event] {
        let releases = delta < 0 ? expirations(at: now) : []
        var freed = self
        for release in releases { freed.apply(release) }
        let available = freed.balance(of: .available(location))
        guard available + delta >= 0 else {
            throw .notEnoughStock(sku, wanted: -delta, available: available, at: location)
        }
        try refuseOverflow(adding: delta, sku: sku)
        return releases + [.adjusted(location, delta: delta, reason: reason)]
    }

    /// Reserves from the fullest location first. Expired reservations are written down as released before.
    ///
    /// - Parameter isFresh: the name was made for this reservation, and no other can have it.
    func reserve(
        _ quantity: Int64, as id: ReservationID, isFresh: Bool = false, order: OrderID?, expiresAt: Timestamp?,
        sku: SKU, now: Timestamp
    ) throws(Refusal) -> [Event] {
        if !isFresh, let existing = held[ReservationKey(id)], !existing.isExpired(at: now) {
            throw Refusal(
                .reservationExists, "Reservation \"\(id)\" of \"\(sku)\" exists already. Release it, or name another.")
        }
        let available = available(at: now)
        guard quantity <= available else { throw .notEnoughStock(sku, wanted: quantity, available: available) }
        let releases = expirations(at: now)
        guard !releases.isEmpty else {
            return [.reserved(id, Reservation(allocations: allocate(quantity), order: order, expiresAt: expiresAt))]
        }
        var freed = self
        for release in releases { freed.apply(release) }
        let reservation = Reservation(allocations: freed.allocate(quantity), order: order, expiresAt: expiresAt)
        return releases + [.reserved(id, reservation)]
    }

    func release(_ id: ReservationID, sku: SKU, now: Timestamp) throws(Refusal) -> Event {
        guard let reservation = held[ReservationKey(id)] else {
            throw Refusal(
                .unknownReservation, "\"\(sku)\" has no reservation \"\(id)\": it was released, shipped, or never made."
            )
        }
        if let order = reservation.order {
            throw Refusal(
                .reservationOfOrder,
                "Reservation \"\(id)\" belongs to order \"\(order)\". Cancel the order to release it.")
        }
        return .released(id, allocations: reservation.allocations, expired: reservation.isExpired(at: now))
    }

    /// Gives back what an order holds; nil where it holds nothing of this SKU.
    func releaseOrder(_ id: ReservationID) -> Event? {
        held[ReservationKey(id)].map { .released(id, allocations: $0.allocations, expired: false) }
    }

    /// Ships `quantity` of what an order holds, and keeps the rest held for it.
    func ship(_ quantity: Int64, of id: ReservationID) -> [Event] {
        guard let reservation = held[ReservationKey(id)] else {
            preconditionFailure("an order which is not cancelled holds what it has not shipped")
        }
        var left = quantity
        var shipped: Allocations = []
        var kept: Allocations = []
        for allocation in reservation.allocations {
            let part = min(left, allocation.quantity)
            left -= part
            if part > 0 { shipped.append(Allocation(location: allocation.location, quantity: part)) }
            if part < allocation.quantity {
                kept.append(Allocation(location: allocation.location, quantity: allocation.quantity - part))
            }
        }
        precondition(left == 0, "an order holds all that it has not shipped")
        let rest = Reservation(allocations: kept, order: reservation.order, expiresAt: nil)
        // The reservation ends with the shipment; what is left of it is released and reserved again in the same step.
        return kept.isEmpty
            ? [.shipped(id, allocations: shipped)]
            : [
                .released(id, allocations: kept, expired: false), .shipped(id, allocations: shipped),
                .reserved(id, rest),
            ]
    }

    func takeBack(
        _ quantity: Int64, document: DocumentID, _ disposition: Disposition, sku: SKU
    ) throws(Refusal) -> Event {
        if disposition == .restocked { try refuseOverflow(adding: quantity, sku: sku) }
        let location = fullestLocation ?? Location(trusted: "main")
        return .takenBack(Allocation(location: location, quantity: quantity), document: document, disposition)
    }

    private func expirations(at now: Timestamp) -> [Event] {
        expired(at: now).map { .released($0.id, allocations: $0.reservation.allocations, expired: true) }
    }

    /// The reservations that have expired, by name. Costs what they are, not what all reservations are.
    private func expired(at now: Timestamp) -> [(id: ReservationID, reservation: Reservation)] {
        guard let first = expiries.first, first.at <= now else { return [] }
        var ids = Set<ReservationID>()
        expiries.visit(through: now) { ids.insert($0.id) }
        return ids.sorted().compactMap { id in
            // One that ended, or was made again since and expires later, is not meant.
            guard let reservation = held[ReservationKey(id)], reservation.isExpired(at: now) else { return nil }
            return (id, reservation)
        }
    }

    /// So that the first expiry is one of a reservation that lasts, and ended ones don't pile up.
    private mutating func dropEndedExpiries() {
        while let first = expiries.first, held[ReservationKey(first.id)]?.expiresAt != first.at {
            expiries.removeFirst()
        }
        if expiries.count > 64, expiries.count > 2 * held.count {
            collectExpiries()
        }
    }

    private func allocate(_ quantity: Int64) -> Allocations {
        if let place = soleLocation { return [Allocation(location: place, quantity: quantity)] }
        var left = quantity
        var allocations: Allocations = []
        for place in availableByLocation where left > 0 && place.quantity > 0 {
            let part = min(left, place.quantity)
            allocations.append(Allocation(location: place.location, quantity: part))
            left -= part
        }
        return allocations
    }

    /// The location, where there is but one.
    private var soleLocation: Location? {
        var sole: Location?
        for balance in balances {
            guard case .available(let location) = balance.account else { continue }
            guard sole == nil else { return nil }
            sole = location
        }
        return sole
    }

    private func refuseOverflow(adding quantity: Int64, sku: SKU) throws(Refusal) {
        let onHand = balances.reduce(Int64(0)) { sum, balance in
            switch balance.account {
            case .available, .reserved: sum + balance.quantity
            case .supplier, .shipped, .returned, .damaged, .lost: sum
            }
        }
        guard onHand + quantity <= Self.quantityMax else {
            throw Refusal(.stockTooLarge, "\"\(sku)\" would have more than \(Self.quantityMax) pieces on hand.")
        }
    }
}

extension Refusal {
    static func notEnoughStock(_ sku: SKU, wanted: Int64, available: Int64, at location: Location? = nil) -> Refusal {
        let place = location.map { " at \"\($0)\"" } ?? ""
        return Refusal(
            .notEnoughStock,
            "\(wanted) of \"\(sku)\" are wanted, \(available) are available\(place). Ask for fewer, or receive stock first."
        )
    }
}

/// A reservation's name with its hash: a growing table asks for the hash again and again, and would fetch each name
/// from memory for it.
private struct ReservationKey: Hashable, Sendable {
    let id: ReservationID
    private let hash: Int

    init(_ id: ReservationID) {
        self.id = id
        hash = id.hashValue
    }

    static func == (left: ReservationKey, right: ReservationKey) -> Bool {
        left.hash == right.hash && left.id == right.id
    }

    func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}

// The expiries are made of the reservations again.
extension StockItem {
    private enum CodingKeys: CodingKey {
        case balances, reservations
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        accounts = StockAccounts(try container.decode([Balance].self, forKey: .balances))
        for (id, reservation) in try container.decode([ReservationID: Reservation].self, forKey: .reservations) {
            held[ReservationKey(id)] = reservation
        }
        collectExpiries()
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(balances, forKey: .balances)
        try container.encode(reservations, forKey: .reservations)
    }

    private mutating func collectExpiries() {
        expiries = ExpiryHeap()
        for (key, reservation) in held {
            if let expiry = reservation.expiresAt { expiries.insert(Expiry(at: expiry, id: key.id)) }
        }
    }
}
