import Ledger

/// The aggregates as the Writer's decisions see them: what is durable, and what the batch in hand has decided since.
/// Used by the Writer's thread alone.
final class WorkingBooks: Books {
    private let log: EventLog
    private let index: LogIndex
    private let codec: StoredEvents
    private var products = AggregateCache<Product>(capacity: 100_000)
    private var stocks = AggregateCache<StockItem>(capacity: 100_000)
    private var carts = AggregateCache<Cart>(capacity: 20_000)
    private var orders = AggregateCache<Order>(capacity: 20_000)
    private var numbers = AggregateCache<OrderNumbers>(capacity: 4)
    private var documents = AggregateCache<Document>(capacity: 20_000)

    init(log: EventLog, index: LogIndex, codec: StoredEvents) {
        self.log = log
        self.index = index
        self.codec = codec
    }

    func product(_ sku: SKU) throws -> Product { try load(\.products, .product(sku), \.product).state }
    func stock(_ sku: SKU) throws -> StockItem { try load(\.stocks, .stock(sku), \.stock).state }
    func cart(_ cart: CartID) throws -> Cart { try load(\.carts, .cart(cart), \.cart).state }
    func order(_ order: OrderID) throws -> Order { try load(\.orders, .order(order), \.order).state }
    func orderNumbers() throws -> OrderNumbers { try load(\.numbers, .orderNumbers, \.numbers).state }
    func document(_ document: DocumentID) throws -> Document {
        try load(\.documents, .document(document), \.document).state
    }

    /// Where the stream stands, the batch in hand included.
    func head(of stream: StreamName) throws -> StreamHead {
        switch stream.category {
        case .product: try load(\.products, stream, \.product).head
        case .stock: try load(\.stocks, stream, \.stock).head
        case .cart: try load(\.carts, stream, \.cart).head
        case .order: try load(\.orders, stream, \.order).head
        case .numbers: try load(\.numbers, stream, \.numbers).head
        case .document: try load(\.documents, stream, \.document).head
        }
    }

    /// Takes in a decided event, which will stand at `head`, so that the next decision sees it.
    func apply(_ event: StreamEvent, at head: StreamHead) {
        let id = event.stream.id
        switch event.event {
        case .product(let event): products.update(id) { $0.take(event, head) }
        case .stock(let event): stocks.update(id) { $0.take(event, head) }
        case .cart(let event): carts.update(id) { $0.take(event, head) }
        case .order(let event): orders.update(id) { $0.take(event, head) }
        case .numbers(let event): numbers.update(id) { $0.take(event, head) }
        case .document(let event): documents.update(id) { $0.take(event, head) }
        }
    }

    private func load<State: Aggregate>(
        _ cache: ReferenceWritableKeyPath<WorkingBooks, AggregateCache<State>>, _ stream: StreamName,
        _ event: KeyPath<Event, State.Event?>
    ) throws -> AggregateCache<State>.Entry {
        if let entry = self[keyPath: cache].entry(stream.id) { return entry }
        let head = try index.head(of: stream)
        var events: [State.Event] = []
        try log.readBackwards(from: head) { record in
            guard let own = try codec.event(of: record)[keyPath: event] else {
                throw EventStoreError.corrupt(record.position, "it stands in stream \(stream) and is of another kind")
            }
            events.append(own)
            return true
        }
        let entry = AggregateCache<State>.Entry(state: State(replaying: events.reversed()), head: head)
        self[keyPath: cache].insert(entry, stream.id)
        return entry
    }
}

extension AggregateCache.Entry {
    fileprivate mutating func take(_ event: State.Event, _ head: StreamHead) {
        state.apply(event)
        self.head = head
    }
}

extension Event {
    fileprivate var product: Product.Event? { if case .product(let event) = self { event } else { nil } }
    fileprivate var stock: StockItem.Event? { if case .stock(let event) = self { event } else { nil } }
    fileprivate var cart: Cart.Event? { if case .cart(let event) = self { event } else { nil } }
    fileprivate var order: Order.Event? { if case .order(let event) = self { event } else { nil } }
    fileprivate var numbers: OrderNumbers.Event? { if case .numbers(let event) = self { event } else { nil } }
    fileprivate var document: Document.Event? { if case .document(let event) = self { event } else { nil } }
}
