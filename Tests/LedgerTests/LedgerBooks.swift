import Foundation
import Ledger
import Testing

/// The books of a test, in memory: told what happened (`given`), asked to decide (`when`).
///
/// Every decision is held to its promise: it changes nothing by itself, refused or accepted.
final class LedgerBooks: Books {
    private(set) var history: [StreamEvent] = []
    private var aggregates = Aggregates()
    private var freshIDs = 0
    private let holdsDecisionsToPromise: Bool
    /// Thrown by every reading, in place of an aggregate.
    var fault: (any Error)?

    struct Aggregates: Codable {
        var products: [SKU: Product] = [:]
        var stocks: [SKU: StockItem] = [:]
        var carts: [CartID: Cart] = [:]
        var orders: [OrderID: Order] = [:]
        var documents: [DocumentID: Document] = [:]
        var numbers = OrderNumbers()
    }

    /// - Parameter holdsDecisionsToPromise: false saves the time where each step is checked against a model anyway.
    init(replaying events: [StreamEvent] = [], holdsDecisionsToPromise: Bool = true) {
        self.holdsDecisionsToPromise = holdsDecisionsToPromise
        given(events)
    }

    /// Applies what happened.
    func given(_ events: [StreamEvent]) {
        for event in events {
            history.append(event)
            aggregates.apply(event)
        }
    }

    /// Decides, applies and returns the events; throws the refusal.
    @discardableResult
    func when(
        _ command: some Command, at now: Timestamp = .noon, freshID: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> [StreamEvent] {
        freshIDs += 1
        let moment = Moment(now: now, freshID: freshID ?? "fresh-\(freshIDs)")
        let before = holdsDecisionsToPromise ? try state() : nil
        let decision = Result { try command.decide(self, moment) }
        if let before {
            #expect(try state() == before, "a decision changes nothing", sourceLocation: sourceLocation)
        }
        let events = try decision.get()
        #expect(!events.isEmpty, "an accepted command has at least one event", sourceLocation: sourceLocation)
        given(events)
        return events
    }

    /// Why the command is refused; nil where it is accepted.
    func refusal(
        of command: some Command, at now: Timestamp = .noon, freshID: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Refusal.Code? {
        do {
            try when(command, at: now, freshID: freshID, sourceLocation: sourceLocation)
            return nil
        } catch let refusal as Refusal {
            #expect(!refusal.message.isEmpty, sourceLocation: sourceLocation)
            return refusal.code
        }
    }

    /// All aggregates as bytes: equal where they are equal.
    func state() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try encoder.encode(aggregates)
    }

    func product(_ sku: SKU) throws -> Product { try read(aggregates.products[sku]) ?? Product() }
    func stock(_ sku: SKU) throws -> StockItem { try read(aggregates.stocks[sku]) ?? StockItem() }
    func cart(_ cart: CartID) throws -> Cart { try read(aggregates.carts[cart]) ?? Cart() }
    func order(_ order: OrderID) throws -> Order { try read(aggregates.orders[order]) ?? Order() }
    func orderNumbers() throws -> OrderNumbers { try read(aggregates.numbers) }
    func document(_ document: DocumentID) throws -> Document { try read(aggregates.documents[document]) ?? Document() }

    private func read<Value>(_ value: Value) throws -> Value {
        if let fault { throw fault }
        return value
    }
}

extension LedgerBooks.Aggregates {
    mutating func apply(_ happened: StreamEvent) {
        let id = happened.stream.id
        switch happened.event {
        case .product(let event): products[SKU(trusted: id), default: Product()].apply(event)
        case .stock(let event): stocks[SKU(trusted: id), default: StockItem()].apply(event)
        case .cart(let event): carts[CartID(trusted: id), default: Cart()].apply(event)
        case .order(let event): orders[OrderID(trusted: id), default: Order()].apply(event)
        case .numbers(let event): numbers.apply(event)
        case .document(let event): documents[DocumentID(trusted: id), default: Document()].apply(event)
        }
    }
}

// What most stories begin with.
extension LedgerBooks {
    /// Goods with a price in pounds and stock.
    func sell(_ sku: SKU, for price: Amount? = .gbp("2.55"), stock: [StockItem.Allocation] = [.at("main", 100)]) {
        given([.ofProduct(sku, .registered(.init(name: "Goods \(sku)", price: price)))])
        given(stock.map { .ofStock(sku, .received($0, reference: nil)) })
    }

    /// A product of kind charge.
    func charge(_ code: SKU) {
        given([.ofProduct(code, .registered(.init(name: "Charge \(code)", kind: .charge)))])
    }

    /// Fills the cart `cart-of-<order>` and places it.
    @discardableResult
    func order(
        _ id: OrderID, _ lines: [Order.Pieces], charges: [Cart.Charge] = [], customer: CustomerID? = nil,
        country: String? = nil
    ) throws -> [StreamEvent] {
        let cart = CartID(trusted: "cart-of-\(id)")
        for line in lines { try when(AddToCart(cart: cart, sku: line.code, quantity: line.quantity)) }
        for charge in charges { try when(AddCharge(cart: cart, charge: charge)) }
        return try when(PlaceOrder(cart: cart, order: id, customer: customer, country: country))
    }
}
