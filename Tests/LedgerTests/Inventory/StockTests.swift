import Ledger
import Testing

@Suite("Receiving and adjusting stock")
struct StockTests {
    let books = LedgerBooks()

    @Test("Received goods come from the supplier and are available")
    func receive() throws {
        books.sell("LAMP", stock: [])
        let command = try ReceiveStock(sku: "LAMP", location: "main", quantity: 10, reference: "PO 7")
        #expect(try books.when(command) == [.ofStock("LAMP", .received(.at("main", 10), reference: "PO 7"))])
        let stock = try books.stock("LAMP")
        #expect(stock.balance(of: .supplier) == -10)
        #expect(stock.balance(of: .available("main")) == 10)
        #expect(stock.available(at: .noon) == 10)
        #expect(command.subject == .stock("LAMP"))
        #expect(command.result(of: books.history) == CommandResult())
    }

    @Test("Available is the sum over the locations")
    func locations() throws {
        books.sell("LAMP", stock: [.at("main", 10), .at("attic", 5), .at("main", 1)])
        let stock = try books.stock("LAMP")
        #expect(stock.available(at: .noon) == 16)
        #expect(stock.balance(of: .available("main")) == 11)
        #expect(stock.balance(of: .available("attic")) == 5)
        #expect(stock.balance(of: .available("cellar")) == 0)
        #expect(stock.fullestLocation == "main")
    }

    @Test("Nothing has a fullest location before anything was received")
    func noLocation() {
        #expect(StockItem().fullestLocation == nil)
        #expect(StockItem().available(at: .noon) == 0)
    }

    @Test("Stock on hand has a largest number, to the piece")
    func receiveTooMuch() throws {
        books.sell("LAMP", stock: [.at("main", 999_999_999_990)])
        #expect(try books.refusal(of: ReceiveStock(sku: "LAMP", location: "attic", quantity: 11)) == .stockTooLarge)
        #expect(try books.refusal(of: ReceiveStock(sku: "LAMP", location: "attic", quantity: 10)) == nil)
        #expect(try books.refusal(of: ReceiveStock(sku: "LAMP", location: "main", quantity: 1)) == .stockTooLarge)
        let found = try AdjustStock(sku: "LAMP", location: "main", delta: 1, reason: "found")
        #expect(try books.refusal(of: found) == .stockTooLarge)
    }

    @Test("Reserved goods count as on hand")
    func reservedIsOnHand() throws {
        books.sell("LAMP", stock: [.at("main", 1_000_000_000_000)])
        try books.when(ReserveStock(sku: "LAMP", quantity: 100))
        #expect(try books.refusal(of: ReceiveStock(sku: "LAMP", location: "main", quantity: 1)) == .stockTooLarge)
    }

    @Test("Stock is kept of registered goods only")
    func noStock() throws {
        books.charge("POST")
        let reason = "count"
        for (sku, code) in [("GHOST", Refusal.Code.unknownProduct), ("POST", .noStockKept)] as [(SKU, Refusal.Code)] {
            #expect(try books.refusal(of: ReceiveStock(sku: sku, location: "main", quantity: 1)) == code)
            #expect(try books.refusal(of: AdjustStock(sku: sku, location: "main", delta: 1, reason: reason)) == code)
            #expect(try books.refusal(of: ReserveStock(sku: sku, quantity: 1)) == code)
            #expect(try books.refusal(of: ReleaseStock(sku: sku, reservation: "r1")) == code)
        }
    }

    @Test("What a count finds missing goes to the lost, what it finds more comes from there")
    func adjust() throws {
        books.sell("LAMP", stock: [.at("main", 10)])
        let missing = try AdjustStock(sku: "LAMP", location: "main", delta: -4, reason: "count")
        #expect(try books.when(missing) == [.ofStock("LAMP", .adjusted("main", delta: -4, reason: "count"))])
        #expect(try books.stock("LAMP").balance(of: .lost) == 4)
        let found = try AdjustStock(sku: "LAMP", location: "attic", delta: 5, reason: "behind the door")
        #expect(try books.when(found) == [.ofStock("LAMP", .adjusted("attic", delta: 5, reason: "behind the door"))])
        let stock = try books.stock("LAMP")
        #expect(stock.balance(of: .lost) == -1)
        #expect(stock.available(at: .noon) == 11)
        #expect(missing.subject == .stock("LAMP"))
    }

    @Test("No location loses more than it has, whatever the others have")
    func adjustTooMuch() throws {
        books.sell("LAMP", stock: [.at("main", 10), .at("attic", 2)])
        let down = { try AdjustStock(sku: "LAMP", location: "attic", delta: $0, reason: "count") }
        #expect(try books.refusal(of: down(-3)) == .notEnoughStock)
        #expect(try books.refusal(of: down(-2)) == nil)
        #expect(try books.refusal(of: down(-1)) == .notEnoughStock)
    }

    @Test("What is reserved can't be counted away")
    func adjustReserved() throws {
        books.sell("LAMP", stock: [.at("main", 10)])
        try books.when(ReserveStock(sku: "LAMP", quantity: 8))
        let down = try AdjustStock(sku: "LAMP", location: "main", delta: -3, reason: "count")
        #expect(try books.refusal(of: down) == .notEnoughStock)
    }

    @Test("An expired reservation is free for an adjustment too, and written down as released before it")
    func adjustExpired() throws {
        books.sell("LAMP", stock: [.at("main", 10)])
        try books.when(ReserveStock(sku: "LAMP", quantity: 8, reservation: "r1", expiresInSeconds: 60))
        let down = try AdjustStock(sku: "LAMP", location: "main", delta: -10, reason: "fire")
        let expiry = Timestamp.noon.adding(seconds: 60)
        #expect(try books.refusal(of: down, at: Timestamp(microseconds: expiry.microseconds - 1)) == .notEnoughStock)
        let events = try books.when(down, at: expiry)
        #expect(
            events == [
                .ofStock("LAMP", .released("r1", allocations: [.at("main", 8)], expired: true)),
                .ofStock("LAMP", .adjusted("main", delta: -10, reason: "fire")),
            ])
        #expect(try books.stock("LAMP").available(at: expiry) == 0)
    }
}
