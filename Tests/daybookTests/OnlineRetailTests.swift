import EventStore
import Ledger
import Testing

@testable import daybook

@Suite("The Online Retail file's documents")
struct OnlineRetailTests {
    private let pounds = Currency(trusted: "GBP")

    private func row(
        _ code: String, _ quantity: Int64, _ price: String, customer: String? = "17850", line: Int = 2,
        description: String = "THING"
    ) throws -> OnlineRetailFile.Row {
        OnlineRetailFile.Row(
            line: line, code: try SKU(code), description: description, quantity: quantity,
            time: Timestamp(microseconds: 1_291_192_000_000_000), price: try Amount(price, currency: pounds),
            customer: customer.map(CustomerID.init(trusted:)), country: "United Kingdom")
    }

    private func invoice(_ number: String, _ rows: [OnlineRetailFile.Row]) -> OnlineRetailFile.Invoice {
        OnlineRetailFile.Invoice(number: number, rows: rows)
    }

    @Test("A document's kind follows from its number, its prices and its customer")
    func kinds() throws {
        typealias Kind = OnlineRetailDocument.Kind
        #expect(Kind(invoice("1", [try row("A", 1, "2.55")])) == .order)
        #expect(Kind(invoice("1", [try row("A", 1, "0")])) == .order, "a gift to a customer is an order")
        #expect(Kind(invoice("1", [try row("A", -1, "0", customer: nil)])) == .adjustment)
        #expect(
            Kind(invoice("1", [try row("A", 1, "0", customer: nil), try row("B", 1, "1", customer: nil)])) == .order)
        #expect(Kind(invoice("C1", [try row("A", -1, "2.55")])) == .creditNote)
        #expect(Kind(invoice("A1", [try row("B", 1, "-11062.06")])) == .badDebt)
    }

    @Test("Opening stock is exactly what keeps every goods code at or above zero")
    func openingStock() throws {
        let catalog = OnlineRetailCatalog([
            invoice("1", [try row("A", 3, "1"), try row("A", 4, "1")]),
            invoice("C2", [try row("A", -5, "1")]),
            invoice("3", [try row("A", 4, "1"), try row("POST", 2, "18"), try row("B1", 1, "1")]),
            invoice("4", [try row("A", -2, "0", customer: nil), try row("B1", 9, "0", customer: nil)]),
        ])
        #expect(catalog.articles.map(\.code.text) == ["A", "POST", "B1"])
        #expect(catalog.articles.map(\.openingStock) == [8, 0, 1])
    }

    @Test("The most frequent description is the name, the first among equals; the others are kept")
    func names() throws {
        let rows = try ["", "lamp", "LAMP", "LAMP", "damaged"].map { try row("A", 1, "1", description: $0) }
        let details = try #require(OnlineRetailCatalog([invoice("1", rows)]).articles.first).details
        #expect(details.name == "LAMP")
        #expect(details.otherNames == ["lamp", "damaged"])
        let nameless = OnlineRetailCatalog([invoice("1", [try row("A", 1, "0", description: "")])]).articles[0].details
        #expect(nameless.name == "A")
        #expect(nameless.price == nil)
    }

    @Test("Codes which differ by letter case are different products; postage and the like are charges")
    func codes() throws {
        let catalog = OnlineRetailCatalog([
            invoice("1", [try row("15056BL", 1, "1"), try row("15056bl", 1, "1"), try row("m", 1, "1")])
        ])
        #expect(catalog.articles.map(\.details.kind) == [.goods, .goods, .charge])
        for code in ["gift_0001_20", "DCGS0003", "BANK CHARGES", "AMAZONFEE"] {
            #expect(!OnlineRetailCatalog.isGoods(SKU(trusted: code)))
        }
    }

    @Test("A credit line names the newest order of customer and code with enough left, and no other")
    func matching() throws {
        var purchases = Purchases()
        let customer = CustomerID(trusted: "17850")
        for (order, quantity) in [("1", Int64(5)), ("2", 2)] {
            purchases.add(
                [try row("A", quantity, "1")], customer: customer, order: OrderID(trusted: order),
                total: Money(minorUnits: quantity * 100, currency: pounds))
        }
        func undo(
            _ quantity: Int64, _ code: String = "A", worth: String? = nil,
            customer: CustomerID? = CustomerID(trusted: "17850")
        ) throws -> String? {
            purchases.undo(
                quantity, of: SKU(trusted: code), worth: try Amount(worth ?? String(quantity), currency: pounds),
                customer: customer)?.text
        }
        #expect(try undo(3) == "1", "the newer order has only two")
        #expect(try undo(2) == "2")
        #expect(try undo(3) == nil, "two are left of the older")
        #expect(try undo(1, worth: "2.01") == nil, "two pounds are left of the older")
        #expect(try undo(1, "B") == nil)
        #expect(try undo(1, customer: nil) == nil)
        #expect(try undo(1, customer: CustomerID(trusted: "1")) == nil)
        #expect(purchases.matched == 2 && purchases.unmatched == 5)
    }

    @Test("A new price becomes the list price when five order rows in a row charge it")
    func listPrices() throws {
        let catalog = OnlineRetailCatalog([invoice("1", [try row("A", 1, "1")])])
        var prices = ListPrices(catalog.articles)
        func changes(_ charged: [String]) throws -> [String] {
            try charged.compactMap { prices.take(try row("A", 1, $0))?.price.text }
        }
        #expect(try changes(["2", "2", "2", "2", "1"]) == [], "the list price in between begins anew")
        #expect(try changes(["2", "2", "2", "2", "2"]) == ["2.00"])
        #expect(try changes(["3", "4", "3", "4", "3", "4", "0"]) == [])
        #expect(try changes(["1", "1", "1", "1", "1"]) == ["1.00"])
        #expect(prices.take(try row("POST", 1, "1")) == nil)
    }

    @Test("Keys are made from the document, and an order is placed only from a cart with all its lines")
    func steps() throws {
        var purchases = Purchases()
        let steps = try OnlineRetailDocument(invoice("536365", [try row("A", 1, "1"), try row("POST", 1, "18")])).steps(
            &purchases)
        #expect(
            steps.map(\.key) == ["or/536365/1", "or/536365/2", "or/536365/order", "or/536365/paid", "or/536365/sent"])
        #expect(steps[2].expectedVersion == 2)
        let free = try OnlineRetailDocument(invoice("2", [try row("A", 1, "0")])).steps(&purchases)
        #expect(free.map(\.key) == ["or/2/1", "or/2/order", "or/2/sent"], "nothing is paid for a gift")
    }

    @Test("UK local time becomes UTC, summer time and the file's own form of time included")
    func clock() throws {
        var parser = OnlineRetailParser()
        let header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
        let lines = [header, "1,A,x,1,2010-12-01 08:26:00,1,,UK", "2,A,x,1,2011-07-01 08:26:00,1,,UK"]
        for (index, line) in lines.enumerated() {
            try parser.take(
                CSVReader.Row(
                    line: index + 1,
                    fields: line.split(separator: ",", omittingEmptySubsequences: false).map { Array($0.utf8) }))
        }
        #expect(
            parser.invoices.map { $0.rows[0].time.description } == ["2010-12-01T08:26:00Z", "2011-07-01T07:26:00Z"])
    }
}
