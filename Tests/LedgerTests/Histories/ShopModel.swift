/// The shop's rules once more, written down plainly and independently of the ledger: dictionaries, integers
/// and words, nothing of the ledger's own. An expired hold simply stops to be one when the clock passes it.
struct ShopModel {
    enum Fate: CaseIterable {
        case forSale, keptApart, broken
    }

    struct Item {
        let isCharge: Bool
        var price: Int?
        var currency: String?
        var free: [String: Int] = [:]
        var holds: [String: Hold] = [:]
        /// Holds that ran out. Whether the ledger wrote that down yet is its own affair.
        var ranOut: Set<String> = []
        var supplied = 0
        var shipped = 0
        var returned = 0
        var damaged = 0
        var lost = 0

        var available: Int { free.values.reduce(0, +) }
        func onHand(at location: String) -> Int {
            free[location, default: 0]
                + holds.values.flatMap(\.places).reduce(0) { $1.location == location ? $0 + $1.quantity : $0 }
        }
    }

    struct Hold {
        var places: [(location: String, quantity: Int)]
        let until: Int?
        let order: String?
    }

    struct CartLine {
        let code: String
        var quantity: Int
        let price: Int
        let isQuoted: Bool
    }

    struct Cart {
        var lines: [CartLine] = []
        var charges: [CartLine] = []
        var currency: String?
        var order: String?
    }

    struct Order {
        let lines: [CartLine]
        let charges: [CartLine]
        let currency: String
        let total: Int
        var paid = 0
        var refunded = 0
        var isCancelled = false
        var deliveries = 0
        var delivered: [String: Int] = [:]
        var back: [String: Int] = [:]

        var ordered: [(code: String, quantity: Int)] { ShopModel.summed(lines.map { ($0.code, $0.quantity) }) }
        func sum(_ code: String, in lines: [CartLine]) -> Int {
            lines.reduce(0) { $1.code == code ? $0 + $1.quantity : $0 }
        }
        func canComeBack(_ code: String) -> Int {
            isCancelled ? 0 : delivered[code, default: 0] + sum(code, in: charges) - back[code, default: 0]
        }
    }

    enum Outcome: Equatable {
        case accepted
        case refused(String)
        /// Releasing what ran out is accepted, or refused because that is written down already.
        case acceptedOrRefused(String)
    }

    struct No: Error {
        let code: String
    }

    private(set) var items: [String: Item] = [:]
    private(set) var carts: [String: Cart] = [:]
    private(set) var orders: [String: Order] = [:]
    private(set) var numbers = 0
    private var documents: Set<String> = []

    /// - Parameter putBack: where returned goods were put, which is the ledger's choice.
    mutating func perform(_ action: Action, at now: Int, putBack: [String: String]) -> Outcome {
        pass(to: now)
        if case .release(let sku, let id) = action, items[sku]?.holds[id] == nil,
            items[sku]?.ranOut.contains(id) == true
        {
            return .acceptedOrRefused("unknown_reservation")
        }
        var next = self
        do {
            try next.execute(action, at: now, putBack: putBack)
            self = next
            return .accepted
        } catch {
            return .refused((error as! No).code)
        }
    }

    private mutating func pass(to now: Int) {
        for sku in items.keys {
            for (id, hold) in items[sku]!.holds {
                guard let until = hold.until, until <= now else { continue }
                free(id, of: sku)
                items[sku]!.ranOut.insert(id)
            }
        }
    }

    private mutating func execute(_ action: Action, at now: Int, putBack: [String: String]) throws {
        switch action {
        case .register(let sku, let isCharge, let price, let currency):
            try refuse("product_exists", if: items[sku] != nil)
            items[sku] = Item(isCharge: isCharge, price: price, currency: price.map { _ in currency })
        case .changePrice(let sku, let price, let currency):
            let item = try item(sku)
            try refuse("currency_mismatch", if: item.currency != nil && item.currency != currency)
            items[sku]!.price = price
            items[sku]!.currency = currency
        case .receive(let sku, let location, let quantity):
            try goods(sku)
            items[sku]!.free[location, default: 0] += quantity
            items[sku]!.supplied += quantity
        case .adjust(let sku, let location, let delta):
            try goods(sku)
            try adjust(sku, at: location, by: delta)
        case .reserve(let sku, let quantity, let id, let seconds):
            try goods(sku)
            try hold(quantity, of: sku, as: id, until: now + seconds * 1_000_000, order: nil)
        case .release(let sku, let id):
            try goods(sku)
            try refuse("unknown_reservation", if: items[sku]!.holds[id] == nil)
            try refuse("reservation_of_order", if: items[sku]!.holds[id]!.order != nil)
            free(id, of: sku)
        case .add, .charge, .change, .remove: try executeOnCart(action)
        case .place(let cart, let order): try place(cart, as: order)
        case .pay, .cancel, .fulfil, .giveBack: try executeOnOrder(action, putBack)
        case .credit, .recordAdjustment, .recordBadDebt: try executeDocument(action, putBack)
        }
    }
}

// Stock.
extension ShopModel {
    private func refuse(_ code: String, if condition: Bool) throws {
        if condition { throw No(code: code) }
    }

    private func item(_ sku: String) throws -> Item {
        guard let item = items[sku] else { throw No(code: "unknown_product") }
        return item
    }

    private func goods(_ sku: String) throws {
        try refuse("no_stock_kept", if: try item(sku).isCharge)
    }

    private mutating func adjust(_ sku: String, at location: String, by delta: Int) throws {
        try refuse("not_enough_stock", if: items[sku]!.free[location, default: 0] + delta < 0)
        items[sku]!.free[location, default: 0] += delta
        items[sku]!.lost -= delta
    }

    private mutating func hold(_ quantity: Int, of sku: String, as id: String, until: Int?, order: String?) throws {
        let item = try item(sku)
        try refuse("reservation_exists", if: item.holds[id] != nil)
        try refuse("not_enough_stock", if: item.available < quantity)
        var places: [(location: String, quantity: Int)] = []
        var left = quantity
        for (location, free) in item.free.sorted(by: { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value })
        where left > 0 {
            let part = min(left, free)
            if part > 0 { places.append((location, part)) }
            items[sku]!.free[location]! -= part
            left -= part
        }
        items[sku]!.holds[id] = Hold(places: places, until: until, order: order)
        items[sku]!.ranOut.remove(id)
    }

    private mutating func free(_ id: String, of sku: String) {
        guard let hold = items[sku]!.holds.removeValue(forKey: id) else { return }
        for place in hold.places { items[sku]!.free[place.location, default: 0] += place.quantity }
    }

    private mutating func ship(_ quantity: Int, of sku: String, from id: String) {
        var left = quantity
        let places = items[sku]!.holds[id]!.places.map { place in
            let part = min(left, place.quantity)
            left -= part
            return (location: place.location, quantity: place.quantity - part)
        }
        items[sku]!.holds[id]!.places = places.filter { $0.quantity > 0 }
        if items[sku]!.holds[id]!.places.isEmpty { items[sku]!.holds[id] = nil }
        items[sku]!.shipped += quantity
    }

    private mutating func takeBack(_ quantity: Int, of sku: String, _ fate: Fate, at location: String?) {
        items[sku]!.shipped -= quantity
        switch fate {
        case .forSale: items[sku]!.free[location ?? "the ledger put it nowhere", default: 0] += quantity
        case .keptApart: items[sku]!.returned += quantity
        case .broken: items[sku]!.damaged += quantity
        }
    }

    static func summed(_ pieces: [(String, Int)]) -> [(code: String, quantity: Int)] {
        var codes: [String] = []
        var sums: [String: Int] = [:]
        for (code, quantity) in pieces {
            if sums[code] == nil { codes.append(code) }
            sums[code, default: 0] += quantity
        }
        return codes.map { ($0, sums[$0]!) }
    }
}

// Carts, and what becomes of them.
extension ShopModel {
    private mutating func executeOnCart(_ action: Action) throws {
        switch action {
        case .add(let sku, let quantity, let quoted, let id):
            let item = try item(sku)
            try refuse("not_for_sale", if: item.isCharge)
            try refuse("no_price", if: quoted == nil && item.price == nil)
            let currency = quoted == nil ? item.currency! : "GBP"
            try refuseCart(id, currency)
            let line = CartLine(code: sku, quantity: quantity, price: quoted ?? item.price!, isQuoted: quoted != nil)
            let first = carts[id]!.lines.firstIndex { $0.code == sku && !$0.isQuoted }
            if let first, !line.isQuoted, carts[id]!.lines[first].price == line.price {
                carts[id]!.lines[first].quantity += quantity
            } else {
                carts[id]!.lines.append(line)
            }
        case .charge(let code, let quantity, let price, let id):
            try refuse("not_for_sale", if: try !item(code).isCharge)
            try refuseCart(id, "GBP")
            carts[id]!.charges.append(CartLine(code: code, quantity: quantity, price: price, isQuoted: true))
        case .change(let sku, let quantity, let id):
            let cart = try openCart(id)
            guard let index = cart.lines.firstIndex(where: { $0.code == sku && !$0.isQuoted }) else {
                throw No(code: "not_in_cart")
            }
            var lines = cart.lines
            lines[index].quantity = quantity
            carts[id]!.lines = lines.indices.filter {
                $0 == index || lines[$0].code != sku || lines[$0].isQuoted
            }.map { lines[$0] }
        case .remove(let sku, let id):
            try refuse("not_in_cart", if: try !openCart(id).lines.contains { $0.code == sku })
            carts[id]!.lines.removeAll { $0.code == sku }
        default: preconditionFailure("not about a cart: \(action)")
        }
    }

    private func openCart(_ id: String) throws -> Cart {
        guard let cart = carts[id] else { throw No(code: "unknown_cart") }
        try refuse("cart_closed", if: cart.order != nil)
        return cart
    }

    private mutating func refuseCart(_ id: String, _ currency: String) throws {
        var cart = carts[id] ?? Cart()
        try refuse("cart_closed", if: cart.order != nil)
        let isEmpty = cart.lines.isEmpty && cart.charges.isEmpty
        try refuse("currency_mismatch", if: !isEmpty && cart.currency != currency)
        cart.currency = currency
        carts[id] = cart
    }

    private mutating func place(_ id: String, as order: String) throws {
        let cart = try openCart(id)
        try refuse("cart_empty", if: cart.lines.isEmpty && cart.charges.isEmpty)
        try refuse("order_exists", if: orders[order] != nil)
        for piece in Self.summed(cart.lines.map { ($0.code, $0.quantity) }) {
            try hold(piece.quantity, of: piece.code, as: order, until: nil, order: order)
        }
        let exact = (cart.lines + cart.charges).reduce(0) { $0 + $1.quantity * $1.price }
        numbers += 1
        carts[id]!.order = order
        orders[order] = Order(
            lines: cart.lines, charges: cart.charges, currency: cart.currency!, total: (exact + 50) / 100)
    }
}

// Orders and documents.
extension ShopModel {
    private func openOrder(_ id: String) throws -> Order {
        guard let order = orders[id] else { throw No(code: "unknown_order") }
        try refuse("order_cancelled", if: order.isCancelled)
        return order
    }

    private mutating func executeOnOrder(_ action: Action, _ putBack: [String: String]) throws {
        switch action {
        case .pay(let id, let minorUnits, let currency):
            let order = try openOrder(id)
            try refuse("currency_mismatch", if: order.currency != currency)
            try refuse("more_than_charged", if: order.paid + minorUnits > max(0, order.total - order.refunded))
            orders[id]!.paid += minorUnits
        case .cancel(let id):
            let order = try openOrder(id)
            try refuse("order_fulfilled", if: order.deliveries > 0)
            orders[id]!.isCancelled = true
            orders[id]!.refunded += max(0, order.paid - order.refunded)
            for line in order.lines { free(id, of: line.code) }
        case .fulfil(let id, let pieces): try fulfil(id, pieces)
        case .giveBack(let id, let pieces, let fate):
            let pieces = Self.summed(pieces.map { ($0.code, $0.quantity) })
            let order = try openOrder(id)
            try refuseReturn(pieces, of: order)
            for piece in pieces { try refuse("no_stock_kept", if: items[piece.code]!.isCharge) }
            for piece in pieces {
                let order = orders[id]!
                let due = refund(for: piece.code, piece.quantity, of: order)
                orders[id]!.refunded += min(due, order.total - order.refunded)
                orders[id]!.back[piece.code, default: 0] += piece.quantity
                takeBack(piece.quantity, of: piece.code, fate, at: putBack[piece.code])
            }
        default: preconditionFailure("not about an order: \(action)")
        }
    }

    private mutating func fulfil(_ id: String, _ pieces: [Action.Piece]?) throws {
        let order = try openOrder(id)
        let open = order.ordered.map { ($0.code, $0.quantity - order.delivered[$0.code, default: 0]) }.filter {
            $0.1 > 0
        }
        let isChargesOnly = order.lines.isEmpty
        try refuse("order_fulfilled", if: open.isEmpty && !(isChargesOnly && order.deliveries == 0))
        let shipped = Self.summed(pieces.map { $0.map { ($0.code, $0.quantity) } } ?? open)
        for piece in shipped {
            try refuse("not_in_order", if: !order.lines.contains { $0.code == piece.code })
            let left = open.first { $0.0 == piece.code }?.1 ?? 0
            try refuse("more_than_ordered", if: piece.quantity > left)
        }
        orders[id]!.deliveries += 1
        for piece in shipped {
            orders[id]!.delivered[piece.code, default: 0] += piece.quantity
            ship(piece.quantity, of: piece.code, from: id)
        }
    }

    private func refuseReturn(_ pieces: [(code: String, quantity: Int)], of order: Order) throws {
        for piece in pieces {
            let isInOrder = (order.lines + order.charges).contains { $0.code == piece.code }
            try refuse("not_in_order", if: !isInOrder)
            try refuse("more_than_fulfilled", if: piece.quantity > order.canComeBack(piece.code))
        }
    }

    /// The pieces' part of their code's charge, by what all of the code that came back so far has cost.
    private func refund(for code: String, _ quantity: Int, of order: Order) -> Int {
        let all = order.lines + order.charges
        let parts = Self.largestRemainder(order.total, all.map { $0.quantity * $0.price })
        let charged = zip(all, parts).reduce(0) { $1.0.code == code ? $0 + $1.1 : $0 }
        let count = order.sum(code, in: all)
        let before = order.back[code, default: 0]
        return charged * (before + quantity) / count - charged * before / count
    }

    static func largestRemainder(_ whole: Int, _ weights: [Int]) -> [Int] {
        let total = weights.reduce(0, +)
        guard total > 0 else { return weights.indices.map { $0 == 0 ? whole : 0 } }
        var parts = weights.map { whole * $0 / total }
        var remainders = weights.map { whole * $0 % total }
        while parts.reduce(0, +) < whole {
            let largest = remainders.firstIndex(of: remainders.max()!)!
            parts[largest] += 1
            remainders[largest] = -1
        }
        return parts
    }

    private mutating func executeDocument(_ action: Action, _ putBack: [String: String]) throws {
        switch action {
        case .credit(let id, let lines):
            try issue(id)
            let exact = lines.map { $0.quantity * $0.price }
            var named: [String?] = []
            for line in lines where !named.contains(line.order) { named.append(line.order) }
            let weights = named.map { name in zip(lines, exact).reduce(0) { $1.0.order == name ? $0 + $1.1 : $0 } }
            let parts = Self.largestRemainder((exact.reduce(0, +) + 50) / 100, weights)
            for (name, part) in zip(named, parts) {
                guard let name else { continue }
                let pieces = Self.summed(lines.filter { $0.order == name }.map { ($0.code, $0.quantity) })
                try credit(pieces, part, to: name)
            }
            for piece in Self.summed(lines.map { ($0.code, $0.quantity) }) where try !item(piece.code).isCharge {
                takeBack(piece.quantity, of: piece.code, .forSale, at: putBack[piece.code])
            }
        case .recordAdjustment(let id, let location, let lines):
            try issue(id)
            for line in lines where try !item(line.code).isCharge {
                try adjust(line.code, at: location, by: line.delta)
            }
        case .recordBadDebt(let id, let code, _, _):
            _ = try item(code)
            try issue(id)
        default: preconditionFailure("no document: \(action)")
        }
    }

    private mutating func credit(_ pieces: [(code: String, quantity: Int)], _ refund: Int, to id: String) throws {
        let order = try openOrder(id)
        try refuseReturn(pieces, of: order)
        try refuse("currency_mismatch", if: order.currency != "GBP")
        try refuse("more_than_charged", if: order.refunded + refund > order.total)
        orders[id]!.refunded += refund
        for piece in pieces { orders[id]!.back[piece.code, default: 0] += piece.quantity }
    }

    private mutating func issue(_ document: String) throws {
        try refuse("document_exists", if: !documents.insert(document).inserted)
    }
}
