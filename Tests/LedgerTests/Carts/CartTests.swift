import Ledger
import Testing

@Suite("Carts")
struct CartTests {
    let books = LedgerBooks()

    private func line(_ sku: SKU, _ quantity: Int64, _ price: Amount, isQuoted: Bool = false) -> Cart.Line {
        .init(sku: sku, quantity: quantity, unitPrice: price, isQuoted: isQuoted)
    }

    private func postage(_ price: Amount = .gbp("4.95"), quantity: Int64 = 1, code: SKU = "POST") -> Cart.Charge {
        .init(code: code, label: "Postage", quantity: quantity, unitPrice: price)
    }

    @Test("Adding without a cart begins a new one")
    func addToNew() throws {
        books.sell("LAMP", for: .gbp("2.55"), stock: [])
        let command = try AddToCart(cart: nil, sku: "LAMP", quantity: 3)
        let events = try books.when(command, freshID: "c-new")
        #expect(events == [.ofCart("c-new", .lineAdded(line("LAMP", 3, .gbp("2.55"))))])
        #expect(
            command.result(of: events) == CommandResult([("cart", .text("c-new"))], shows: .cart("c-new")))
        #expect(command.result(of: []) == CommandResult())
        #expect(command.subject == nil)
        #expect(try books.cart("c-new").exists)
    }

    @Test("Adding to a named cart adds to that one")
    func addToNamed() throws {
        books.sell("LAMP")
        let command = try AddToCart(cart: "c1", sku: "LAMP", quantity: 3)
        let events = try books.when(command)
        #expect(events.map(\.stream) == [.cart("c1")])
        #expect(command.subject == .cart("c1"))
    }

    @Test("More of the same at the same price is one line")
    func merge() throws {
        books.sell("LAMP")
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 3))
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 4))
        #expect(try books.cart("c1").lines == [line("LAMP", 7, .gbp("2.55"))])
    }

    @Test("A line keeps the price it was added at")
    func priceChange() throws {
        books.sell("LAMP")
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 3))
        try books.when(ChangePrice(sku: "LAMP", price: .gbp("3")))
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 4))
        #expect(try books.cart("c1").lines == [line("LAMP", 3, .gbp("2.55")), line("LAMP", 4, .gbp("3"))])
    }

    @Test("A quoted line stands by itself, even at the list's price")
    func quoted() throws {
        books.sell("LAMP")
        let command = try AddToCart(cart: "c1", sku: "LAMP", quantity: 3, quotedPrice: .gbp("2.55"))
        let quotedLine = line("LAMP", 3, .gbp("2.55"), isQuoted: true)
        #expect(try books.when(command) == [.ofCart("c1", .lineAdded(quotedLine))])
        try books.when(command)
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 1))
        #expect(try books.cart("c1").lines == [quotedLine, quotedLine, line("LAMP", 1, .gbp("2.55"))])
    }

    @Test("Goods without a price are sold at a quoted price only")
    func noPrice() throws {
        books.sell("LAMP", for: nil)
        #expect(try books.refusal(of: AddToCart(cart: "c1", sku: "LAMP", quantity: 1)) == .noPrice)
        let quoted = try AddToCart(cart: "c1", sku: "LAMP", quantity: 1, quotedPrice: .gbp("1"))
        #expect(try books.refusal(of: quoted) == nil)
    }

    @Test("An unknown product can't be added, at any price")
    func unknownProduct() throws {
        #expect(try books.refusal(of: AddToCart(cart: "c1", sku: "GHOST", quantity: 1)) == .unknownProduct)
        let quoted = try AddToCart(cart: "c1", sku: "GHOST", quantity: 1, quotedPrice: .gbp("1"))
        #expect(try books.refusal(of: quoted) == .unknownProduct)
        #expect(try books.refusal(of: AddCharge(cart: "c1", charge: postage())) == .unknownProduct)
    }

    @Test("A charge is not for sale as goods, at any price")
    func chargeAsGoods() throws {
        books.charge("POST")
        #expect(try books.refusal(of: AddToCart(cart: "c1", sku: "POST", quantity: 1)) == .notForSale)
        let quoted = try AddToCart(cart: "c1", sku: "POST", quantity: 1, quotedPrice: .gbp("1"))
        #expect(try books.refusal(of: quoted) == .notForSale)
    }

    @Test("Goods are not a charge")
    func goodsAsCharge() throws {
        books.sell("LAMP")
        #expect(try books.refusal(of: AddCharge(cart: "c1", charge: postage(code: "LAMP"))) == .notForSale)
    }

    @Test("A charge is put onto a cart, a new one where none is named")
    func addCharge() throws {
        books.charge("POST")
        let command = try AddCharge(cart: nil, charge: postage())
        let events = try books.when(command, freshID: "c-new")
        #expect(events == [.ofCart("c-new", .chargeAdded(postage()))])
        #expect(command.result(of: events) == CommandResult([("cart", .text("c-new"))], shows: .cart("c-new")))
        #expect(command.subject == nil)
        try books.when(AddCharge(cart: "c-new", charge: postage()))
        #expect(try books.cart("c-new").charges == [postage(), postage()])
        #expect(try AddCharge(cart: "c-new", charge: postage()).subject == .cart("c-new"))
    }

    @Test("A cart has one currency, whether lines or charges came first")
    func oneCurrency() throws {
        books.sell("LAMP")
        books.sell("VASE", for: .eur("9"))
        books.charge("POST")
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 1))
        #expect(try books.refusal(of: AddToCart(cart: "c1", sku: "VASE", quantity: 1)) == .currencyMismatch)
        #expect(try books.refusal(of: AddCharge(cart: "c1", charge: postage(.eur("4")))) == .currencyMismatch)
        try books.when(AddCharge(cart: "c2", charge: postage(.eur("4"))))
        #expect(try books.refusal(of: AddToCart(cart: "c2", sku: "LAMP", quantity: 1)) == .currencyMismatch)
        #expect(try books.refusal(of: AddToCart(cart: "c2", sku: "VASE", quantity: 1)) == nil)
    }

    @Test("A quantity is changed")
    func change() throws {
        books.sell("LAMP")
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 3))
        let command = try ChangeCartQuantity(cart: "c1", sku: "LAMP", quantity: 8)
        let events = try books.when(command)
        #expect(events == [.ofCart("c1", .quantityChanged("LAMP", quantity: 8))])
        #expect(command.result(of: events) == CommandResult([("cart", .text("c1"))], shows: .cart("c1")))
        #expect(command.subject == .cart("c1"))
        #expect(try books.cart("c1").lines == [line("LAMP", 8, .gbp("2.55"))])
    }

    @Test("Changing a quantity gathers the lines at list prices under the first price and leaves quoted ones")
    func changeGathers() throws {
        books.sell("LAMP")
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 2, quotedPrice: .gbp("1")))
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 3))
        try books.when(ChangePrice(sku: "LAMP", price: .gbp("3")))
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 4))
        try books.when(ChangeCartQuantity(cart: "c1", sku: "LAMP", quantity: 5))
        let lines = try books.cart("c1").lines
        #expect(lines == [line("LAMP", 2, .gbp("1"), isQuoted: true), line("LAMP", 5, .gbp("2.55"))])
    }

    @Test("Only what is in the cart at list price can be changed")
    func changeOthers() throws {
        books.sell("LAMP")
        let command = try ChangeCartQuantity(cart: "c1", sku: "LAMP", quantity: 1)
        #expect(try books.refusal(of: command) == .unknownCart)
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 2, quotedPrice: .gbp("1")))
        #expect(try books.refusal(of: command) == .notInCart)
    }

    @Test("Removing takes every line of the product away, quoted ones too")
    func remove() throws {
        books.sell("LAMP")
        books.sell("VASE")
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 2, quotedPrice: .gbp("1")))
        try books.when(AddToCart(cart: "c1", sku: "VASE", quantity: 1))
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 2))
        let command = RemoveFromCart(cart: "c1", sku: "LAMP")
        let events = try books.when(command)
        #expect(events == [.ofCart("c1", .lineRemoved("LAMP"))])
        #expect(command.result(of: events) == CommandResult([("cart", .text("c1"))], shows: .cart("c1")))
        #expect(command.subject == .cart("c1"))
        #expect(try books.cart("c1").lines == [line("VASE", 1, .gbp("2.55"))])
        #expect(try books.refusal(of: command) == .notInCart)
    }

    @Test("Nothing can be removed from an unknown cart")
    func removeUnknown() throws {
        #expect(try books.refusal(of: RemoveFromCart(cart: "c1", sku: "LAMP")) == .unknownCart)
    }

    @Test("A cart which became an order changes no more")
    func closed() throws {
        books.sell("LAMP")
        books.charge("POST")
        try books.order("o1", [.of("LAMP", 1)])
        let cart: CartID = "cart-of-o1"
        #expect(try books.refusal(of: AddToCart(cart: cart, sku: "LAMP", quantity: 1)) == .cartClosed)
        #expect(try books.refusal(of: AddCharge(cart: cart, charge: postage())) == .cartClosed)
        #expect(try books.refusal(of: ChangeCartQuantity(cart: cart, sku: "LAMP", quantity: 1)) == .cartClosed)
        #expect(try books.refusal(of: RemoveFromCart(cart: cart, sku: "LAMP")) == .cartClosed)
        #expect(try books.refusal(of: PlaceOrder(cart: cart)) == .cartClosed)
    }

    @Test("A cart holds 2,000 lines and charges together")
    func fullOfLines() throws {
        books.sell("LAMP")
        books.charge("POST")
        let quoted = Cart.Event.lineAdded(line("LAMP", 1, .gbp("1"), isQuoted: true))
        books.given(Array(repeating: .ofCart("c1", quoted), count: Cart.linesMax - 2))
        try books.when(AddCharge(cart: "c1", charge: postage()))
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 1))
        let another = try AddToCart(cart: "c1", sku: "LAMP", quantity: 1, quotedPrice: .gbp("1"))
        #expect(try books.refusal(of: another) == .cartFull)
        #expect(try books.refusal(of: AddCharge(cart: "c1", charge: postage())) == .cartFull)
    }

    @Test("A cart holds at most one hundred million of a product, over all of its lines")
    func fullOfPieces() throws {
        books.sell("LAMP")
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 99_999_998))
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 1, quotedPrice: .gbp("1")))
        #expect(try books.refusal(of: AddToCart(cart: "c1", sku: "LAMP", quantity: 2)) == .cartFull)
        #expect(try books.refusal(of: AddToCart(cart: "c1", sku: "LAMP", quantity: 1)) == nil)
        books.sell("VASE")
        #expect(try books.refusal(of: AddToCart(cart: "c1", sku: "VASE", quantity: 2)) == nil)
    }

    @Test("Changing a quantity keeps to the same most of a product, quoted lines included")
    func changeBeyondFull() throws {
        books.sell("LAMP")
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 1))
        try books.when(AddToCart(cart: "c1", sku: "LAMP", quantity: 1, quotedPrice: .gbp("1")))
        let change = { try ChangeCartQuantity(cart: "c1", sku: "LAMP", quantity: $0) }
        #expect(try books.refusal(of: change(100_000_000)) == .cartFull)
        #expect(try books.refusal(of: change(99_999_999)) == nil)
    }
}
