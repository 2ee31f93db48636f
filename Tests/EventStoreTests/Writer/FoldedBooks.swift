import EventStore
import Foundation
import Ledger

@testable import EventStore

/// Books made by folding the log from its beginning with the ledger's own aggregates: what the Writer's must equal.
final class FoldedBooks: Books {
    struct Aggregates: Codable {
        var products: [SKU: Product] = [:]
        var stocks: [SKU: StockItem] = [:]
        var carts: [CartID: Cart] = [:]
        var orders: [OrderID: Order] = [:]
        var documents: [DocumentID: Document] = [:]
        var numbers = OrderNumbers()
    }

    private(set) var aggregates = Aggregates()

    init(_ store: Store) throws {
        for record in try store.log.read(after: .start, limit: .max) {
            aggregates.apply(StreamEvent(record.stream, try store.events.event(of: record)))
        }
    }

    func product(_ sku: SKU) throws -> Product { aggregates.products[sku] ?? Product() }
    func stock(_ sku: SKU) throws -> StockItem { aggregates.stocks[sku] ?? StockItem() }
    func cart(_ cart: CartID) throws -> Cart { aggregates.carts[cart] ?? Cart() }
    func order(_ order: OrderID) throws -> Order { aggregates.orders[order] ?? Order() }
    func orderNumbers() throws -> OrderNumbers { aggregates.numbers }
    func document(_ document: DocumentID) throws -> Document { aggregates.documents[document] ?? Document() }

    /// As bytes, equal where the aggregates are equal.
    func state() throws -> Data { try aggregates.bytes() }

    /// The same aggregates as other books have them.
    func state(from books: any Books) throws -> Data {
        var others = Aggregates()
        for id in aggregates.products.keys { others.products[id] = try books.product(id) }
        for id in aggregates.stocks.keys { others.stocks[id] = try books.stock(id) }
        for id in aggregates.carts.keys { others.carts[id] = try books.cart(id) }
        for id in aggregates.orders.keys { others.orders[id] = try books.order(id) }
        for id in aggregates.documents.keys { others.documents[id] = try books.document(id) }
        others.numbers = try books.orderNumbers()
        return try others.bytes()
    }
}

extension FoldedBooks.Aggregates {
    fileprivate mutating func apply(_ happened: StreamEvent) {
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

    fileprivate func bytes() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try encoder.encode(self)
    }
}
