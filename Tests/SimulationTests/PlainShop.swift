import Ledger

@testable import EventStore

/// The shop as it must be: every command decided by the rules one after another, in plain dictionaries. No batches, no
/// caches, no index.
struct PlainShop {
    struct Happened: Equatable {
        let stream: StreamName
        let event: Event
        let version: Version
        let previous: Position
        let key: String
        let ordinal: Int
        let count: Int
        let fingerprint: UInt64
        let actor: String
        let recordedAt: Timestamp
        let effectiveAt: Timestamp
    }

    private let books = PlainBooks()
    private(set) var log: [Happened] = []
    private(set) var heads: [StreamName: StreamHead] = [:]
    private(set) var keys: [String: (first: Position, count: Int, fingerprint: UInt64)] = [:]
    private var aggregates = PlainBooks.Aggregates()
    /// Every account of every stock item, added up from the movements alone.
    private var accounts: [StreamName: [StockItem.Account: Int64]] = [:]

    /// What the command must be answered; takes its events in.
    mutating func decide(_ submission: Submission, at now: Timestamp) throws -> Outcome {
        if let known = keys[submission.key] {
            guard known.fingerprint == submission.fingerprint else { return .keyReused(known.first) }
            return .accepted(receipt(of: known.first, known.count, submission, isRepeated: true))
        }
        if let expected = submission.expectedVersion {
            let subject = submission.command.subject
            let actual = subject.flatMap { heads[$0]?.version } ?? .none
            guard actual == expected else {
                return .versionMismatch(subject ?? StreamName(.cart, submission.freshID), actual: actual)
            }
        }
        let moment = Moment(now: now, effectiveAt: submission.effectiveAt, freshID: submission.freshID)
        let events: [StreamEvent]
        books.aggregates = aggregates
        // Not kept: the next event would copy every dictionary.
        defer { books.aggregates = PlainBooks.Aggregates() }
        do { events = try submission.command.decide(books, moment) } catch let refusal as Refusal {
            return .refused(refusal)
        }
        for (ordinal, event) in events.enumerated() {
            let head = heads[event.stream] ?? .none
            let happened = Happened(
                stream: event.stream, event: event.event, version: Version(rawValue: head.version.rawValue + 1),
                previous: head.position, key: submission.key, ordinal: ordinal, count: events.count,
                fingerprint: ordinal == 0 ? submission.fingerprint : 0, actor: submission.actor, recordedAt: now,
                effectiveAt: moment.effectiveAt)
            // Large is a product alone, and that is the one event of its command.
            guard try happened.bytes(at: Position(rawValue: UInt64(log.count + 1))) <= Record.bytesMax else {
                return .refused(Refusal(.recordTooLarge, ""))
            }
            take(happened)
        }
        let first = Position(rawValue: UInt64(log.count - events.count + 1))
        keys[submission.key] = (first, events.count, submission.fingerprint)
        return .accepted(receipt(of: first, events.count, submission, isRepeated: false))
    }

    private mutating func take(_ happened: Happened) {
        log.append(happened)
        heads[happened.stream] = StreamHead(position: Position(rawValue: UInt64(log.count)), version: happened.version)
        aggregates.apply(StreamEvent(happened.stream, happened.event))
        guard case .stock(let event) = happened.event else { return }
        for movement in StockItem.movements(of: event) {
            accounts[happened.stream, default: [:]][movement.from, default: 0] -= movement.quantity
            accounts[happened.stream, default: [:]][movement.to, default: 0] += movement.quantity
        }
    }

    private func receipt(of first: Position, _ count: Int, _ submission: Submission, isRepeated: Bool) -> Receipt {
        let start = Int(first.rawValue) - 1
        let happened = log[start..<start + count]
        let entries = happened.enumerated().map { index, happened in
            Receipt.Entry(
                position: first.advanced(by: index), stream: happened.stream, version: happened.version,
                type: happened.type)
        }
        return Receipt(
            events: entries,
            result: submission.command.result(of: happened.map { StreamEvent($0.stream, $0.event) }),
            subject: submission.command.subject, isRepeated: isRepeated)
    }

    /// What is wrong with the stock by the movements alone; nil where it adds up.
    var stockFault: String? {
        for (stream, accounts) in accounts {
            let item = aggregates.stocks[SKU(trusted: stream.id)] ?? StockItem()
            if accounts.values.reduce(0, +) != 0 { return "the accounts of \(stream) don't sum to 0" }
            for (account, quantity) in accounts {
                if item.balance(of: account) != quantity { return "\(account) of \(stream) is not its movements' sum" }
                switch account {
                case .available, .reserved: if quantity < 0 { return "\(account) of \(stream) is \(quantity)" }
                case .supplier, .shipped, .returned, .damaged, .lost: break
                }
            }
        }
        return nil
    }
}

extension PlainShop.Happened {
    var type: EventType { try! EventCodec.encode(StreamEvent(stream, event)) { _, _ in [] }.type }

    init(_ record: Record, _ event: Event) {
        stream = record.stream
        self.event = event
        version = record.version
        previous = record.previous
        key = record.key
        ordinal = record.ordinal
        count = record.count
        fingerprint = record.fingerprint
        actor = record.actor
        recordedAt = record.recordedAt
        effectiveAt = record.effectiveAt
    }

    fileprivate func bytes(at position: Position) throws -> Int {
        guard case .product(.registered) = event else { return 0 }
        let (type, payload) = try EventCodec.encode(StreamEvent(stream, event)) { _, _ in [] }
        return Record(
            position: position, stream: stream, version: version, storedType: type, recordedAt: recordedAt,
            effectiveAt: effectiveAt, actor: actor, key: key, ordinal: ordinal, count: count,
            fingerprint: fingerprint, correlation: "", previous: previous, payload: payload
        ).encoded().count
    }
}

/// Aggregates in dictionaries.
final class PlainBooks: Books {
    struct Aggregates {
        var products: [SKU: Product] = [:]
        var stocks: [SKU: StockItem] = [:]
        var carts: [CartID: Cart] = [:]
        var orders: [OrderID: Order] = [:]
        var documents: [DocumentID: Document] = [:]
        var numbers = OrderNumbers()

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

    var aggregates = Aggregates()

    func product(_ sku: SKU) -> Product { aggregates.products[sku] ?? Product() }
    func stock(_ sku: SKU) -> StockItem { aggregates.stocks[sku] ?? StockItem() }
    func cart(_ cart: CartID) -> Cart { aggregates.carts[cart] ?? Cart() }
    func order(_ order: OrderID) -> Order { aggregates.orders[order] ?? Order() }
    func orderNumbers() -> OrderNumbers { aggregates.numbers }
    func document(_ document: DocumentID) -> Document { aggregates.documents[document] ?? Document() }
}
