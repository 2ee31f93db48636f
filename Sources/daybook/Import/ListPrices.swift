import Ledger

/// When a price on an invoice becomes the list price.
///
/// The first positive price of a code is its list price from the start. After that a new one becomes the list price
/// when five rows of orders in a row charge it: bulk prices and slips of the pen come and go without moving the list.
struct ListPrices {
    static let rowsNeeded = 5

    private struct Price {
        var listed: Amount
        var candidate: Amount
        var streak = 0
        var changes = 0
    }

    private var prices: [SKU: Price] = [:]

    init(_ articles: [OnlineRetailCatalog.Article]) {
        for article in articles where article.details.kind == .goods {
            guard let price = article.details.price else { continue }
            prices[article.code] = Price(listed: price, candidate: price)
        }
    }

    /// Takes a row of an order. Returns the key's number and the new list price where the row makes one.
    mutating func take(_ row: OnlineRetailFile.Row) -> (change: Int, price: Amount)? {
        guard row.price.tenThousandths > 0, var price = prices[row.code] else { return nil }
        defer { prices[row.code] = price }
        guard row.price != price.listed else {
            price.streak = 0
            return nil
        }
        price.streak = row.price == price.candidate ? price.streak + 1 : 1
        price.candidate = row.price
        guard price.streak == Self.rowsNeeded else { return nil }
        price.listed = row.price
        price.streak = 0
        price.changes += 1
        return (price.changes, row.price)
    }
}
