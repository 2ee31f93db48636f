import Ledger

/// What the file tells of its products: names, kinds, first prices, and the stock that its sales need.
struct OnlineRetailCatalog {
    struct Article {
        let code: SKU
        let details: Product.Details
        /// The least that keeps the stock at or above zero throughout; 0 for charges.
        let openingStock: Int64
    }

    /// In the order of their first rows.
    let articles: [Article]

    init(_ invoices: [OnlineRetailFile.Invoice]) {
        var gathered: [SKU: Gathered] = [:]
        var order: [SKU] = []
        for invoice in invoices {
            let kind = OnlineRetailDocument.Kind(invoice)
            for row in invoice.rows {
                if gathered[row.code] == nil { order.append(row.code) }
                gathered[row.code, default: Gathered()].take(row, change: kind.stockChange(of: row))
            }
        }
        articles = order.map { code in
            let found = gathered[code]!  // `order` lists its keys.
            return Article(
                code: code, details: found.details(code), openingStock: Self.isGoods(code) ? -found.lowest : 0)
        }
    }

    /// Whether a code stands for goods, or for something charged beside them: postage, fees, discounts, vouchers.
    static func isGoods(_ code: SKU) -> Bool {
        let charges: Set<String> = [
            "POST", "DOT", "C2", "M", "m", "D", "S", "B", "PADS", "CRUK", "BANK CHARGES", "AMAZONFEE",
        ]
        return !charges.contains(code.text) && !code.text.hasPrefix("gift_0001_") && !code.text.hasPrefix("DCGS")
    }

    private struct Gathered {
        private var descriptions: [(text: String, count: Int)] = []
        private var firstPrice: Amount?
        private var level: Int64 = 0
        private(set) var lowest: Int64 = 0

        mutating func take(_ row: OnlineRetailFile.Row, change: Int64) {
            if firstPrice == nil, row.price.tenThousandths > 0 { firstPrice = row.price }
            level += change
            lowest = min(lowest, level)
            guard !row.description.isEmpty else { return }
            if let place = descriptions.firstIndex(where: { $0.text == row.description }) {
                descriptions[place].count += 1
            } else {
                descriptions.append((row.description, 1))
            }
        }

        /// The name is the most frequent description, the first among equals; the code where there is none.
        func details(_ code: SKU) -> Product.Details {
            let name = descriptions.reversed().max { $0.count < $1.count }?.text ?? code.text
            return Product.Details(
                name: name, kind: OnlineRetailCatalog.isGoods(code) ? .goods : .charge,
                otherNames: descriptions.map(\.text).filter { $0 != name }, price: firstPrice)
        }
    }
}
