import EventStore
import Foundation
import Ledger

/// The shop that measurements are made in: so many items, all of one warehouse, each with as much stock as may be.
struct BenchShop {
    /// The names of the items, for commands made in this process.
    let skus: [SKU]

    init(items: Int) {
        skus = (0..<items).map { SKU(trusted: Self.sku($0)) }
    }

    static func sku(_ item: Int) -> String { "SKU-" + padded(item, 6) }

    /// Registers the items and takes in their stock.
    ///
    /// - Throws: `Failure` where the Writer does not accept it.
    func open(_ writer: Writer, stockEach: Int64 = 100_000_000) async throws {
        let price = try Amount("2.55", currency: try Currency("GBP"))
        let warehouse = try Location("main")
        for start in stride(from: 0, to: skus.count, by: 1_000) {
            let submissions = try skus[start..<min(start + 1_000, skus.count)].flatMap { sku in
                [
                    try Submission(
                        try RegisterProduct(sku: sku, details: Product.Details(name: "Item \(sku)", price: price)),
                        key: "bench/\(sku)/product", actor: "bench"),
                    try Submission(
                        try ReceiveStock(sku: sku, location: warehouse, quantity: stockEach),
                        key: "bench/\(sku)/stock", actor: "bench"),
                ]
            }
            for outcome in await writer.submitWhenRoom(submissions) {
                guard case .accepted = outcome else {
                    throw Failure(.check, "The shop of the measurement was refused: \(outcome)")
                }
            }
        }
    }

    static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
