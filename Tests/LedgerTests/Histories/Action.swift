import Ledger

/// A command in plain words and numbers, for the ledger and the model alike. Prices are in ten-thousandths.
enum Action {
    typealias Piece = (code: String, quantity: Int)

    case register(String, isCharge: Bool, price: Int?, currency: String)
    case changePrice(String, to: Int, currency: String)
    case receive(String, at: String, quantity: Int)
    case adjust(String, at: String, delta: Int)
    case reserve(String, quantity: Int, id: String, seconds: Int)
    case release(String, id: String)
    case add(String, quantity: Int, quoted: Int?, to: String)
    case charge(String, quantity: Int, price: Int, to: String)
    case change(String, to: Int, in: String)
    case remove(String, from: String)
    case place(String, as: String)
    case pay(String, minorUnits: Int, currency: String)
    case cancel(String)
    case fulfil(String, [Piece]?)
    case giveBack(String, [Piece], ShopModel.Fate)
    case credit(String, [(code: String, quantity: Int, price: Int, order: String?)])
    case recordAdjustment(String, at: String, [(code: String, delta: Int)])
    case recordBadDebt(String, code: String, quantity: Int, price: Int)
}

extension Action {
    func command() throws -> any Command {
        switch self {
        case .register(let sku, let isCharge, let price, let currency):
            let price = price.map { Self.amount($0, currency) }
            return try RegisterProduct(
                sku: .init(trusted: sku), details: .init(name: sku, kind: isCharge ? .charge : .goods, price: price))
        case .changePrice(let sku, let price, let currency):
            return try ChangePrice(sku: .init(trusted: sku), price: Self.amount(price, currency))
        case .receive, .adjust, .reserve, .release: return try stockCommand()
        case .add, .charge, .change, .remove: return try cartCommand()
        case .place(let cart, let order):
            return try PlaceOrder(cart: .init(trusted: cart), order: .init(trusted: order))
        case .pay, .cancel, .fulfil, .giveBack: return try orderCommand()
        case .credit, .recordAdjustment, .recordBadDebt: return try documentCommand()
        }
    }

    private func stockCommand() throws -> any Command {
        switch self {
        case .receive(let sku, let location, let quantity):
            try ReceiveStock(sku: .init(trusted: sku), location: .init(trusted: location), quantity: Int64(quantity))
        case .adjust(let sku, let location, let delta):
            try AdjustStock(
                sku: .init(trusted: sku), location: .init(trusted: location), delta: Int64(delta), reason: "count")
        case .reserve(let sku, let quantity, let id, let seconds):
            try ReserveStock(
                sku: .init(trusted: sku), quantity: Int64(quantity), reservation: .init(trusted: id),
                expiresInSeconds: Int64(seconds))
        case .release(let sku, let id): ReleaseStock(sku: .init(trusted: sku), reservation: .init(trusted: id))
        default: preconditionFailure("no stock command: \(self)")
        }
    }

    private func cartCommand() throws -> any Command {
        switch self {
        case .add(let sku, let quantity, let quoted, let cart):
            try AddToCart(
                cart: .init(trusted: cart), sku: .init(trusted: sku), quantity: Int64(quantity),
                quotedPrice: quoted.map { Self.amount($0) })
        case .charge(let code, let quantity, let price, let cart):
            try AddCharge(
                cart: .init(trusted: cart),
                charge: .init(
                    code: .init(trusted: code), label: nil, quantity: Int64(quantity), unitPrice: Self.amount(price)))
        case .change(let sku, let quantity, let cart):
            try ChangeCartQuantity(cart: .init(trusted: cart), sku: .init(trusted: sku), quantity: Int64(quantity))
        case .remove(let sku, let cart): RemoveFromCart(cart: .init(trusted: cart), sku: .init(trusted: sku))
        default: preconditionFailure("no cart command: \(self)")
        }
    }

    private func orderCommand() throws -> any Command {
        switch self {
        case .pay(let order, let minorUnits, let currency):
            try RecordPayment(
                order: .init(trusted: order),
                amount: Money(minorUnits: Int64(minorUnits), currency: .init(trusted: currency)))
        case .cancel(let order): try CancelOrder(order: .init(trusted: order), reason: "late")
        case .fulfil(let order, let pieces):
            try FulfilOrder(order: .init(trusted: order), pieces: pieces.map { $0.map(Self.piece) })
        case .giveBack(let order, let pieces, let fate):
            try ReturnItems(
                order: .init(trusted: order), pieces: pieces.map(Self.piece), restock: fate == .forSale,
                damaged: fate == .broken)
        default: preconditionFailure("no order command: \(self)")
        }
    }

    private func documentCommand() throws -> any Command {
        switch self {
        case .credit(let document, let lines):
            let lines = lines.map { line in
                CreditNote.Line(
                    code: .init(trusted: line.code), label: nil, quantity: Int64(line.quantity),
                    amount: Self.amount(line.quantity * line.price), order: line.order.map { .init(trusted: $0) })
            }
            return try IssueCreditNote(document: .init(trusted: document), lines: lines)
        case .recordAdjustment(let document, let location, let lines):
            let lines = lines.map {
                Adjustment.Line(code: .init(trusted: $0.code), delta: Int64($0.delta), reason: "count")
            }
            return try RecordAdjustment(
                document: .init(trusted: document),
                adjustment: .init(
                    reference: nil, country: nil, currency: .gbp, location: .init(trusted: location), lines: lines))
        case .recordBadDebt(let document, let code, let quantity, let price):
            let debt = BadDebt(
                reference: nil, customer: nil, country: nil, code: .init(trusted: code), label: nil,
                quantity: Int64(quantity), unitPrice: Self.amount(price))
            return try RecordBadDebt(document: .init(trusted: document), debt: debt)
        default: preconditionFailure("no document command: \(self)")
        }
    }

    private static func amount(_ tenThousandths: Int, _ currency: String = "GBP") -> Amount {
        Amount(tenThousandths: Int64(tenThousandths), currency: .init(trusted: currency))
    }

    private static func piece(_ piece: Piece) -> Order.Pieces {
        .init(code: .init(trusted: piece.code), quantity: Int64(piece.quantity))
    }
}
