import Ledger
import Testing

@Suite("Reservations")
struct ReservationTests {
    let books = LedgerBooks()

    private func reserve(_ quantity: Int64, as id: ReservationID? = nil, seconds: Int64? = nil) throws -> ReserveStock {
        try ReserveStock(sku: "LAMP", quantity: quantity, reservation: id, expiresInSeconds: seconds)
    }

    private func reserved(
        _ id: ReservationID, _ allocations: StockItem.Allocations, until expiry: Timestamp
    ) -> StreamEvent {
        .ofStock("LAMP", .reserved(id, .init(allocations: allocations, order: nil, expiresAt: expiry)))
    }

    private func released(
        _ id: ReservationID, _ allocations: StockItem.Allocations, expired: Bool
    ) -> StreamEvent {
        .ofStock("LAMP", .released(id, allocations: allocations, expired: expired))
    }

    @Test("A reservation without a name or a time gets a fresh name and a quarter of an hour")
    func reserveByDefault() throws {
        books.sell("LAMP", stock: [.at("main", 10)])
        let command = try reserve(4)
        let events = try books.when(command, freshID: "r-new")
        let expiry = Timestamp("2026-11-22T12:15:00Z")!
        #expect(events == [reserved("r-new", [.at("main", 4)], until: expiry)])
        #expect(
            command.result(of: events)
                == CommandResult([("reservation", .text("r-new")), ("expiresAt", .time(expiry))]))
        #expect(command.result(of: []) == CommandResult())
        #expect(command.subject == .stock("LAMP"))
        let stock = try books.stock("LAMP")
        #expect(stock.available(at: .noon) == 6)
        #expect(stock.balance(of: .reserved("main")) == 4)
        #expect(stock.reservations["r-new"]?.quantity == 4)
    }

    @Test("The fullest location is emptied first")
    func fullestFirst() throws {
        books.sell("LAMP", stock: [.at("attic", 3), .at("main", 10), .at("cellar", 5)])
        let events = try books.when(reserve(16, as: "r1", seconds: 60))
        let allocations: StockItem.Allocations = [.at("main", 10), .at("cellar", 5), .at("attic", 1)]
        #expect(events == [reserved("r1", allocations, until: .noon.adding(seconds: 60))])
        #expect(try books.stock("LAMP").available(at: .noon) == 2)
    }

    @Test("Among equally full locations the first by name is taken")
    func tie() throws {
        books.sell("LAMP", stock: [.at("b", 5), .at("c", 5), .at("a", 5)])
        let events = try books.when(reserve(6, as: "r1", seconds: 60))
        #expect(events == [reserved("r1", [.at("a", 5), .at("b", 1)], until: .noon.adding(seconds: 60))])
    }

    @Test("All that is available may be reserved, and not one more")
    func tooMuch() throws {
        books.sell("LAMP", stock: [.at("main", 10), .at("attic", 3)])
        #expect(try books.refusal(of: reserve(14)) == .notEnoughStock)
        #expect(try books.refusal(of: reserve(13)) == nil)
        #expect(try books.refusal(of: reserve(1)) == .notEnoughStock)
    }

    @Test("A name is used once at a time")
    func sameName() throws {
        books.sell("LAMP")
        try books.when(reserve(1, as: "r1", seconds: 60))
        let before = Timestamp(microseconds: Timestamp.noon.adding(seconds: 60).microseconds - 1)
        #expect(try books.refusal(of: reserve(1, as: "r1"), at: before) == .reservationExists)
        try books.when(ReleaseStock(sku: "LAMP", reservation: "r1"), at: before)
        #expect(try books.refusal(of: reserve(1, as: "r1"), at: before) == nil)
    }

    @Test("Two products may have reservations of one name")
    func sameNameOfAnother() throws {
        books.sell("LAMP")
        books.sell("CANDLE")
        try books.when(reserve(1, as: "r1"))
        #expect(try books.refusal(of: ReserveStock(sku: "CANDLE", quantity: 1, reservation: "r1")) == nil)
    }

    @Test("A reservation is free from the instant of its expiry on, and not a microsecond before")
    func expiry() throws {
        books.sell("LAMP", stock: [.at("main", 10)])
        try books.when(reserve(8, as: "r1", seconds: 60))
        let expiry = Timestamp.noon.adding(seconds: 60)
        let before = Timestamp(microseconds: expiry.microseconds - 1)
        #expect(try books.stock("LAMP").available(at: before) == 2)
        #expect(try books.stock("LAMP").available(at: expiry) == 10)
        #expect(try books.refusal(of: reserve(3, as: "r2"), at: before) == .notEnoughStock)
        let events = try books.when(reserve(10, as: "r2", seconds: 1), at: expiry)
        #expect(
            events == [
                released("r1", [.at("main", 8)], expired: true),
                reserved("r2", [.at("main", 10)], until: expiry.adding(seconds: 1)),
            ])
    }

    @Test("The name of an expired reservation is free again")
    func nameAfterExpiry() throws {
        books.sell("LAMP", stock: [.at("main", 10)])
        try books.when(reserve(8, as: "r1", seconds: 60))
        let expiry = Timestamp.noon.adding(seconds: 60)
        let events = try books.when(reserve(9, as: "r1", seconds: 60), at: expiry)
        #expect(
            events == [
                released("r1", [.at("main", 8)], expired: true),
                reserved("r1", [.at("main", 9)], until: expiry.adding(seconds: 60)),
            ])
        #expect(try books.stock("LAMP").available(at: expiry) == 1)
    }

    @Test("All expired reservations are written down in the order of their names, the others stay")
    func severalExpired() throws {
        books.sell("LAMP", stock: [.at("main", 10), .at("attic", 4)])
        for (id, seconds) in [("c", 10), ("a", 20), ("d", 10), ("b", 30)] as [(ReservationID, Int64)] {
            try books.when(reserve(3, as: id, seconds: seconds))
        }
        let held = try books.stock("LAMP").reservations
        let later = Timestamp.noon.adding(seconds: 20)
        let events = try books.when(reserve(11, as: "e", seconds: 10), at: later)
        let releases = try (["a", "c", "d"] as [ReservationID]).map { id in
            released(id, try #require(held[id]).allocations, expired: true)
        }
        #expect(Array(events.dropLast()) == releases)
        #expect(try books.stock("LAMP").reservations.keys.sorted() == ["b", "e"])
        #expect(try books.stock("LAMP").available(at: later) == 0)
        #expect(try books.stock("LAMP").available(at: .noon.adding(seconds: 30)) == 14)
    }

    @Test("A refused reservation writes no expired ones down")
    func refusedWritesNothing() throws {
        books.sell("LAMP", stock: [.at("main", 10)])
        try books.when(reserve(8, as: "r1", seconds: 60))
        let later = Timestamp.noon.adding(seconds: 61)
        #expect(try books.refusal(of: reserve(11), at: later) == .notEnoughStock)
        #expect(try books.stock("LAMP").balance(of: .reserved("main")) == 8)
    }

    @Test("A released reservation goes back to the locations it came from")
    func release() throws {
        books.sell("LAMP", stock: [.at("main", 5), .at("attic", 4)])
        try books.when(reserve(7, as: "r1"))
        let command = ReleaseStock(sku: "LAMP", reservation: "r1")
        #expect(try books.when(command) == [released("r1", [.at("main", 5), .at("attic", 2)], expired: false)])
        let stock = try books.stock("LAMP")
        #expect(stock.balance(of: .available("main")) == 5)
        #expect(stock.balance(of: .available("attic")) == 4)
        #expect(stock.reservations.isEmpty)
        #expect(command.subject == .stock("LAMP"))
        #expect(command.result(of: books.history) == CommandResult())
    }

    @Test("Releasing an expired reservation writes down that it had expired")
    func releaseExpired() throws {
        books.sell("LAMP", stock: [.at("main", 5)])
        try books.when(reserve(2, as: "r1", seconds: 60))
        let events = try books.when(
            ReleaseStock(sku: "LAMP", reservation: "r1"), at: .noon.adding(seconds: 60))
        #expect(events == [released("r1", [.at("main", 2)], expired: true)])
    }

    @Test("What was never reserved, or released already, can't be released")
    func releaseUnknown() throws {
        books.sell("LAMP")
        let command = ReleaseStock(sku: "LAMP", reservation: "r1")
        #expect(try books.refusal(of: command) == .unknownReservation)
        try books.when(reserve(2, as: "r1"))
        try books.when(command)
        #expect(try books.refusal(of: command) == .unknownReservation)
    }

    @Test("What an order holds is released with the order alone")
    func releaseOfOrder() throws {
        books.sell("LAMP")
        try books.order("o1", [.of("LAMP", 2)])
        let command = ReleaseStock(sku: "LAMP", reservation: "o1")
        #expect(try books.refusal(of: command) == .reservationOfOrder)
        #expect(try books.refusal(of: command, at: .noon.adding(seconds: 31_536_000)) == .reservationOfOrder)
    }
}
