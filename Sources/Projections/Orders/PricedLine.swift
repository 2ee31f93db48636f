import EventStore
import JSON
import Ledger

/// A line of a cart or an order as it is answered.
struct PricedLine {
    let code: String
    let name: String?
    let quantity: Int64
    let unitPrice: Amount
}

extension JSONWriter {
    /// `[{sku, name, quantity, unitPrice, total}]`; totals are exact, not rounded.
    mutating func field(_ name: String, _ lines: [PricedLine], codeName: String) throws {
        key(name)
        try array { writer in
            for line in lines {
                try writer.object {
                    $0.field(codeName, line.code)
                    $0.field("name", line.name)
                    $0.field("quantity", line.quantity)
                    $0.field("unitPrice", line.unitPrice)
                    $0.field("total", try line.unitPrice.times(line.quantity))
                }
            }
        }
    }
}
