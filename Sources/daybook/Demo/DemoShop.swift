import EventStore
import Foundation
import Ledger

/// A made-up shop for lighting, garden and kitchen, to play with.
enum DemoShop {
    private static let locations = ["leeds", "bristol"]

    /// Fills an empty log through the Writer. A log with anything in it is left alone.
    ///
    /// - Throws: `Failure` where a command is not accepted, which would be a mistake in the shop.
    static func fill(_ store: Store, _ writer: Writer) async throws {
        guard store.log.headPosition == .start else { return }
        var submissions: [Submission] = []
        for (index, article) in catalog.enumerated() {
            submissions += try commands(for: article, index).map {
                try Submission($0.command, key: "demo/\(article.sku)/\($0.step)", actor: "demo", correlation: "demo")
            }
        }
        for outcome in await writer.submitWhenRoom(submissions) {
            guard case .accepted = outcome else {
                throw Failure(.check, "The demonstration shop was refused: \(outcome)")
            }
        }
        Terminal.note("Filled \(store.directory) with a demonstration shop of \(catalog.count) products.")
    }

    private static func commands(for article: Article, _ index: Int) throws -> [(step: String, command: any Command)] {
        let sku = try SKU(article.sku)
        let pounds = try Currency("GBP")
        let details = Product.Details(
            name: article.name, description: article.description, brand: article.brand, categories: article.categories,
            attributes: [Product.Attribute(name: "colour", value: article.colour)],
            price: try Amount(article.price, currency: pounds))
        let register = try RegisterProduct(sku: sku, details: details)
        let receipts = try locations.enumerated().map { place, location in
            // Numbers that differ, so that the lists have something to show.
            try ReceiveStock(
                sku: sku, location: try Location(location), quantity: Int64(12 + (index * 7 + place * 5) % 40),
                reference: "opening")
        }
        return [("product", register)] + zip(locations, receipts).map { ($0, $1) }
    }

    /// How to talk to the shop, to be pasted as it stands.
    static func invitation(host: String, commandPort: Int, queryPort: Int) -> String {
        let command = "http://\(host):\(commandPort)"
        let query = "http://\(host):\(queryPort)"
        let cart = "cart-" + ULID.make().suffix(8).lowercased()
        let json = "-H 'Content-Type: application/json'"
        return """

            Try, in another terminal:

              curl '\(query)/search?q=paper+lan'
              curl '\(query)/catalog/products/LAN-01'
              curl '\(command)/commands/add-to-cart' \(json) -d '{"cart":"\(cart)","sku":"LAN-01","quantity":2}'
              curl '\(command)/commands/place-order' \(json) -d '{"cart":"\(cart)","reference":"\(cart)","email":"ada@example.org"}'
              curl '\(query)/orders?reference=\(cart)'
              curl '\(query)/stock/LAN-01/movements'

            Ctrl-C stops the shop; its data stay.
            """
    }
}
