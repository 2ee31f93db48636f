import Ledger

/// The aggregates as the Writer's decisions see them: what is durable, and what was decided since.
/// Used under the Writer's lock alone.
final class WorkingBooks: Books {
    /// How many of each kind stay in memory, at least.
    struct Capacities: Sendable {
        var products = 100_000
        var stocks = 100_000
        var carts = 20_000
        var orders = 20_000
        var numbers = 4
        var documents = 20_000
    }

    private let log: EventLog
    private let index: LogIndex
    private let codec: StoredEvents
    private let snapshots: Snapshots
    private let progress: WriterProgress
    private var products: AggregateCache<Product>
    private var stocks: AggregateCache<StockItem>
    private var carts: AggregateCache<Cart>
    private var orders: AggregateCache<Order>
    private var numbers: AggregateCache<OrderNumbers>
    private var documents: AggregateCache<Document>
    /// The stock asked for last: a decision on it is mostly followed by its event.
    private var lastStock: (id: String, item: CachedAggregate<StockItem>)?

    init(_ store: WriterStore, _ capacities: Capacities) {
        log = store.log
        index = store.index
        codec = store.codec
        snapshots = store.snapshots
        progress = store.progress
        products = AggregateCache(capacity: capacities.products)
        stocks = AggregateCache(capacity: capacities.stocks)
        carts = AggregateCache(capacity: capacities.carts)
        orders = AggregateCache(capacity: capacities.orders)
        numbers = AggregateCache(capacity: capacities.numbers)
        documents = AggregateCache(capacity: capacities.documents)
    }

    func product(_ sku: SKU) throws -> Product { try load(&products, .product(sku)).state }
    func stock(_ sku: SKU) throws -> StockItem { try stock(.stock(sku)).state }
    func cart(_ cart: CartID) throws -> Cart { try load(&carts, .cart(cart)).state }
    func order(_ order: OrderID) throws -> Order { try load(&orders, .order(order)).state }
    func orderNumbers() throws -> OrderNumbers { try load(&numbers, .orderNumbers).state }
    func document(_ document: DocumentID) throws -> Document {
        try load(&documents, .document(document)).state
    }

    /// The aggregate of a stream, whatever its kind.
    func aggregate(of stream: StreamName) throws -> any WorkingAggregate {
        switch stream.category {
        case .product: try load(&products, stream)
        case .stock: try stock(stream)
        case .cart: try load(&carts, stream)
        case .order: try load(&orders, stream)
        case .numbers: try load(&numbers, stream)
        case .document: try load(&documents, stream)
        }
    }

    /// Brings the aggregate up to an event that stands in the log, if it is in memory and does not know the event.
    func take(_ record: Record) throws {
        switch record.stream.category {
        case .product: try products.take(record, codec, snapshots)
        case .stock: try stocks.take(record, codec, snapshots)
        case .cart: try carts.take(record, codec, snapshots)
        case .order: try orders.take(record, codec, snapshots)
        case .numbers: try numbers.take(record, codec, snapshots)
        case .document: try documents.take(record, codec, snapshots)
        }
    }

    private func stock(_ stream: StreamName) throws -> CachedAggregate<StockItem> {
        if let lastStock, lastStock.id == stream.id { return lastStock.item }
        let item = try load(&stocks, stream)
        lastStock = (stream.id, item)
        return item
    }

    @inline(__always)
    private func load<State: StreamedAggregate>(
        _ cache: inout AggregateCache<State>, _ stream: StreamName
    ) throws -> CachedAggregate<State> {
        // What is newer than that can't be had from the log, and is kept.
        let durable = progress.indexed
        if let entry = cache.entry(stream.id, durable: durable) { return entry }
        let entry = try folded(State.self, stream)
        cache.insert(entry, stream.id, durable: durable)
        return entry
    }

    private func folded<State: StreamedAggregate>(
        _ type: State.Type, _ stream: StreamName
    ) throws -> CachedAggregate<State> {
        let head = try index.head(of: stream)
        guard head != .none else { return CachedAggregate(stream, state: State(), head: .none) }
        var snapshot: Snapshots.Snapshot<State>?
        if head.version.rawValue >= snapshots.eventsMin {
            snapshot = try snapshots.load(State.self, of: stream, in: log)
        }
        var events: [State.Event] = []
        try log.readBackwards(from: head) { record in
            if let snapshot, record.version <= snapshot.head.version { return false }
            guard let event = State.own(try codec.event(of: record)) else {
                throw EventStoreError.corrupt(record.position, "it stands in stream \(stream) and is of another kind")
            }
            events.append(event)
            return true
        }
        var state = snapshot?.state ?? State()
        for event in events.reversed() { state.apply(event) }
        return CachedAggregate(
            stream, state: state, head: head, snapshotVersion: snapshot?.head.version ?? .none,
            snapshotBytes: snapshot?.bytes ?? 0)
    }
}

extension Product: StreamedAggregate {
    static func own(_ event: Ledger.Event) -> Event? { if case .product(let event) = event { event } else { nil } }
}

extension StockItem: StreamedAggregate {
    static func own(_ event: Ledger.Event) -> Event? { if case .stock(let event) = event { event } else { nil } }
}

extension Cart: StreamedAggregate {
    static func own(_ event: Ledger.Event) -> Event? { if case .cart(let event) = event { event } else { nil } }
}

extension Order: StreamedAggregate {
    static func own(_ event: Ledger.Event) -> Event? { if case .order(let event) = event { event } else { nil } }
}

extension OrderNumbers: StreamedAggregate {
    static func own(_ event: Ledger.Event) -> Event? { if case .numbers(let event) = event { event } else { nil } }
}

extension Document: StreamedAggregate {
    static func own(_ event: Ledger.Event) -> Event? { if case .document(let event) = event { event } else { nil } }
}
