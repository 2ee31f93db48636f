import EventStore
import Ledger
import Testing

@testable import EventStore

func sku(_ text: String) -> SKU { SKU(trusted: text) }
func cart(_ text: String) -> CartID { CartID(trusted: text) }
func order(_ text: String) -> OrderID { OrderID(trusted: text) }
func reservation(_ text: String) -> ReservationID { ReservationID(trusted: text) }

extension Position {
    static func at(_ value: UInt64) -> Position { Position(rawValue: value) }
}

extension Version {
    static func at(_ value: UInt64) -> Version { Version(rawValue: value) }
}

extension Currency {
    static let gbp = Currency(trusted: "GBP")
}

extension Amount {
    static func gbp(_ text: String) -> Amount { try! Amount(text, currency: .gbp) }
}

extension Money {
    static func gbp(_ text: String) -> Money { try! Money(text, currency: .gbp) }
}

extension StockItem.Allocation {
    static func at(_ location: String, _ quantity: Int64) -> Self {
        .init(location: Location(trusted: location), quantity: quantity)
    }
}

extension Timestamp {
    static let noon = Timestamp("2026-11-22T12:00:00Z")!
}

extension StreamEvent {
    static func of(_ sku: SKU, _ event: Product.Event) -> Self { .init(.product(sku), .product(event)) }
    static func of(_ sku: SKU, _ event: StockItem.Event) -> Self { .init(.stock(sku), .stock(event)) }
    static func of(_ cart: CartID, _ event: Cart.Event) -> Self { .init(.cart(cart), .cart(event)) }
    static func of(_ order: OrderID, _ event: Order.Event) -> Self { .init(.order(order), .order(event)) }
    static func of(_ event: OrderNumbers.Event) -> Self { .init(.orderNumbers, .numbers(event)) }
    static func of(_ document: String, _ event: Document.Event) -> Self {
        .init(.document(DocumentID(trusted: document)), .document(event))
    }
}

extension Outcome {
    var receipt: Receipt? { if case .accepted(let receipt) = self { receipt } else { nil } }
    var refusal: Refusal.Code? { if case .refused(let refusal) = self { refusal.code } else { nil } }
    var fault: EventStoreError.Code? { if case .failed(let error) = self { error.code } else { nil } }
    var positionOfReusedKey: Position? { if case .keyReused(let position) = self { position } else { nil } }
}

extension Writer {
    /// Submits one command and returns the receipt; anything else than an acceptance fails the test.
    @discardableResult
    func accept(
        _ command: any Command, key: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Receipt {
        let outcome = await submit(try Submission(command, key: key, actor: "test"))
        return try #require(outcome.receipt, "\(outcome)", sourceLocation: sourceLocation)
    }

    func outcome(of command: any Command, key: String? = nil, expecting version: Version? = nil) async throws -> Outcome
    {
        await submit(try Submission(command, key: key, expectedVersion: version, actor: "test"))
    }

    /// Submits the commands as one group.
    func outcomes(of commands: [any Command]) async throws -> [Outcome] {
        await submit(try commands.map { try Submission($0, actor: "test") })
    }

    /// Registers goods with a price in pounds, and receives stock of them.
    func sell(_ sku: SKU, stock: Int64) async throws {
        try await accept(RegisterProduct(sku: sku, details: .init(name: "Goods \(sku)", price: .gbp("2.55"))))
        try await accept(ReceiveStock(sku: sku, location: Location(trusted: "main"), quantity: stock))
    }
}

/// Runs what must fail with a code, and returns the error.
@discardableResult
func fault<R>(
    _ code: EventStoreError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> R
) async throws -> EventStoreError {
    let error = try await #require(throws: EventStoreError.self, sourceLocation: sourceLocation) {
        _ = try await body()
    }
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    return error
}

/// Expects damage at a position, named.
func damage<R>(
    at position: UInt64, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> R
) throws {
    let error = try #require(throws: EventStoreError.self, sourceLocation: sourceLocation) { _ = try body() }
    #expect(error.code == .corrupt, "\(error)", sourceLocation: sourceLocation)
    #expect(error.message.contains("position \(position) "), "\(error)", sourceLocation: sourceLocation)
}

/// Runs the body of a child process: what it throws is reported like any failure, instead of ending the process.
func reporting(_ body: () async throws -> Void) async {
    do { try await body() } catch { Issue.record("The child process threw: \(error)") }
}
