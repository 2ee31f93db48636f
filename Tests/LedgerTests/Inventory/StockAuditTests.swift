import Ledger
import Testing

/// The negative control: the audit that every random history passes does see a ledger which loses goods.
@Suite("The audit of the stock")
struct StockAuditTests {
    let books = LedgerBooks()

    init() throws {
        books.sell("LAMP", stock: [.at("main", 5), .at("attic", 4)])
        try books.when(ReserveStock(sku: "LAMP", quantity: 1, reservation: "r1"))
        try books.when(AdjustStock(sku: "LAMP", location: "attic", delta: -1, reason: "count"))
        try books.order("o1", [.of("LAMP", 6)])
        try books.when(FulfilOrder(order: "o1", pieces: [.of("LAMP", 5)]))
        try books.when(ReturnItems(order: "o1", pieces: [.of("LAMP", 2)], restock: false))
        try books.when(ReturnItems(order: "o1", pieces: [.of("LAMP", 1)], restock: true))
        try books.when(ReleaseStock(sku: "LAMP", reservation: "r1"))
    }

    private var stockEvents: [Int] {
        books.history.indices.filter { if case .stock = books.history[$0].event { true } else { false } }
    }

    @Test("Finds nothing in an honest history")
    func honest() throws {
        let audit = StockAudit(books.history)
        #expect(audit.faults.isEmpty)
        #expect(try audit.differences(from: books).isEmpty)
        #expect(stockEvents.count > 8)
    }

    @Test("Sees each single entry that is dropped, because the accounts no longer sum to 0")
    func droppedEntry() {
        for index in stockEvents {
            for side in 0...1 {
                let audit = StockAudit(books.history) { if $0 == index { $1.remove(at: side) } }
                #expect(audit.faults.contains { $0.contains("sum to") }, "event \(index), side \(side)")
            }
        }
    }

    @Test("Sees each single entry that is altered by one piece")
    func alteredEntry() {
        for index in stockEvents {
            let audit = StockAudit(books.history) { if $0 == index { $1[0].quantity += 1 } }
            #expect(audit.faults.contains { $0.contains("sum to") }, "event \(index)")
        }
    }

    @Test("Sees each whole movement that is dropped, because the accounts differ from the books")
    func droppedMovement() throws {
        for index in stockEvents {
            let audit = StockAudit(books.history) { if $0 == index { $1.removeFirst(2) } }
            #expect(try !audit.differences(from: books).isEmpty, "event \(index)")
        }
    }

    @Test("Sees an event that is missing from the history, or told twice")
    func missingEvent() throws {
        for index in stockEvents {
            var missing = books.history
            missing.remove(at: index)
            #expect(try !StockAudit(missing).differences(from: books).isEmpty, "event \(index)")
            var twice = books.history
            twice.insert(books.history[index], at: index)
            #expect(try !StockAudit(twice).differences(from: books).isEmpty, "event \(index)")
        }
    }

    @Test("Sees goods shipped that nobody held, because an account falls below zero")
    func belowZero() {
        let shipment = StreamEvent.ofStock("LAMP", .shipped("r9", allocations: [.at("main", 100)]))
        let audit = StockAudit(books.history + [shipment])
        #expect(audit.faults.count == 1)
    }
}
