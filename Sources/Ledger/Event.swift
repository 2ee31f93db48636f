/// Anything that can happen in a shop.
package enum Event: Equatable, Sendable {
    case product(Product.Event)
    case stock(StockItem.Event)
    case cart(Cart.Event)
    case order(Order.Event)
    case numbers(OrderNumbers.Event)
    case document(Document.Event)
}

/// An event and the stream it happens in.
package struct StreamEvent: Equatable, Sendable {
    package let stream: StreamName
    package let event: Event

    package init(_ stream: StreamName, _ event: Event) {
        self.stream = stream
        self.event = event
    }

    static func product(_ sku: SKU, _ event: Product.Event) -> StreamEvent { .init(.product(sku), .product(event)) }
    static func stock(_ sku: SKU, _ event: StockItem.Event) -> StreamEvent { .init(.stock(sku), .stock(event)) }
    static func cart(_ cart: CartID, _ event: Cart.Event) -> StreamEvent { .init(.cart(cart), .cart(event)) }
    static func order(_ order: OrderID, _ event: Order.Event) -> StreamEvent { .init(.order(order), .order(event)) }
    static func number(_ event: OrderNumbers.Event) -> StreamEvent { .init(.orderNumbers, .numbers(event)) }
    static func document(_ document: DocumentID, _ event: Document.Event) -> StreamEvent {
        .init(.document(document), .document(event))
    }
}
