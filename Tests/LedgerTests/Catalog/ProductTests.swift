import Ledger
import Testing

@Suite("Products")
struct ProductTests {
    let books = LedgerBooks()

    @Test("A product is registered with everything said about it")
    func register() throws {
        let details = Product.Details(
            name: "Lamp", description: "Bright.\nVery.", brand: "Lux", categories: ["Home", "Lights"],
            attributes: [.init(name: "colour", value: "red")], otherNames: ["LAMP RED"], price: .gbp("2.5501"))
        let command = try RegisterProduct(sku: "LAMP", details: details)
        #expect(try books.when(command) == [.ofProduct("LAMP", .registered(details))])
        #expect(try books.product("LAMP").kind == .goods)
        #expect(try books.product("LAMP").price == .gbp("2.5501"))
        #expect(command.subject == .product("LAMP"))
        #expect(command.result(of: books.history) == CommandResult())
    }

    @Test("A product may be registered without a price")
    func registerWithoutPrice() throws {
        try books.when(RegisterProduct(sku: "LAMP", details: .init(name: "Lamp")))
        #expect(try books.product("LAMP").price == nil)
    }

    @Test("A product is registered once")
    func registerTwice() throws {
        books.sell("LAMP")
        #expect(try books.refusal(of: RegisterProduct(sku: "LAMP", details: .init(name: "Lamp"))) == .productExists)
    }

    @Test("SKUs differ by case")
    func caseMatters() throws {
        books.sell("LAMP")
        #expect(try books.refusal(of: RegisterProduct(sku: "lamp", details: .init(name: "Lamp"))) == nil)
    }

    @Test("A price is changed, even to nothing")
    func changePrice() throws {
        books.sell("LAMP")
        let command = try ChangePrice(sku: "LAMP", price: .gbp("0"))
        #expect(try books.when(command) == [.ofProduct("LAMP", .priceChanged(.gbp("0")))])
        #expect(try books.product("LAMP").price == .gbp("0"))
        #expect(command.subject == .product("LAMP"))
    }

    @Test("A first price may be of any currency, a later one only of the same")
    func priceCurrency() throws {
        books.sell("LAMP", for: nil)
        #expect(try books.refusal(of: ChangePrice(sku: "LAMP", price: .eur("3"))) == nil)
        #expect(try books.refusal(of: ChangePrice(sku: "LAMP", price: .gbp("3"))) == .currencyMismatch)
        #expect(try books.product("LAMP").price == .eur("3"))
    }

    @Test("The price of an unknown product can't be changed")
    func priceOfUnknown() throws {
        #expect(try books.refusal(of: ChangePrice(sku: "LAMP", price: .gbp("3"))) == .unknownProduct)
    }
}
