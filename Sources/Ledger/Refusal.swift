/// A command refused by a rule: an answer, not a failure. Nothing was changed.
package struct Refusal: Error, Equatable, Sendable {
    /// The stable words for programs. Never renamed.
    package enum Code: String, CaseIterable, Sendable {
        case unknownProduct = "unknown_product"
        case unknownCart = "unknown_cart"
        case unknownOrder = "unknown_order"
        case unknownReservation = "unknown_reservation"
        case productExists = "product_exists"
        case notForSale = "not_for_sale"
        case noPrice = "no_price"
        case noStockKept = "no_stock_kept"
        case notEnoughStock = "not_enough_stock"
        case stockTooLarge = "stock_too_large"
        case reservationExists = "reservation_exists"
        case reservationOfOrder = "reservation_of_order"
        case cartClosed = "cart_closed"
        case cartEmpty = "cart_empty"
        case cartFull = "cart_full"
        case notInCart = "not_in_cart"
        case orderExists = "order_exists"
        case orderCancelled = "order_cancelled"
        case orderFulfilled = "order_fulfilled"
        case notInOrder = "not_in_order"
        case moreThanOrdered = "more_than_ordered"
        case moreThanFulfilled = "more_than_fulfilled"
        case moreThanCharged = "more_than_charged"
        case documentExists = "document_exists"
        case currencyMismatch = "currency_mismatch"
        case amountTooLarge = "amount_too_large"
        case recordTooLarge = "record_too_large"

        /// Whether the refusal means that the named thing does not exist, rather than that a rule forbids it.
        package var isUnknown: Bool {
            switch self {
            case .unknownProduct, .unknownCart, .unknownOrder, .unknownReservation: true
            default: false
            }
        }
    }

    package let code: Code
    /// For people: what happened, to which thing, what to do next.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    static let amountTooLarge = Refusal(
        .amountTooLarge, "The sum is larger than the ledger can hold (100,000,000,000). Split it over several orders.")

    static func currencyMismatch(_ one: Currency, _ other: Currency) -> Refusal {
        Refusal(.currencyMismatch, "One document has one currency; this mixes \(one) and \(other).")
    }

    static func unknownProduct(_ sku: SKU) -> Refusal {
        Refusal(
            .unknownProduct,
            "There is no product \"\(sku)\". Register it with register-product, or check the SKU's case.")
    }
}
