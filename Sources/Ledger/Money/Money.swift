/// What is charged, paid or refunded: whole minor units (pence, cents) of a currency.
package struct Money: Hashable, Sendable, Codable {
    package let minorUnits: Int64
    package let currency: Currency

    package init(minorUnits: Int64, currency: Currency) {
        self.minorUnits = minorUnits
        self.currency = currency
    }

    /// An exact decimal string of the currency's minor unit or coarser; more decimals are refused, never rounded.
    package init(_ text: String, currency: Currency) throws(InvalidValue) {
        let exact = try Decimals.parse(text)
        guard exact % currency.tenThousandthsPerMinorUnit == 0 else {
            throw InvalidValue(
                code: "invalid_amount",
                message:
                    "Charged amounts in \(currency) have at most \(currency.minorDigits) decimals; not \"\(text)\".")
        }
        self.init(minorUnits: exact / currency.tenThousandthsPerMinorUnit, currency: currency)
    }

    package var exact: Amount {
        Amount(tenThousandths: minorUnits * currency.tenThousandthsPerMinorUnit, currency: currency)
    }

    package var text: String {
        Decimals.format(minorUnits * currency.tenThousandthsPerMinorUnit, digitsMin: currency.minorDigits)
    }
}

/// How an exact amount becomes money. Kept in the event, so that a later rule never changes an earlier charge.
package enum Rounding: String, Sendable, Codable {
    /// To the nearest minor unit, halves away from zero.
    case halfUp = "half-up"

    package func round(_ amount: Amount) -> Money {
        let unit = amount.currency.tenThousandthsPerMinorUnit
        let magnitude = (Int64(amount.tenThousandths.magnitude) + unit / 2) / unit
        return Money(minorUnits: amount.tenThousandths < 0 ? -magnitude : magnitude, currency: amount.currency)
    }
}

extension Money {
    /// Splits the money in proportion to `weights` by the largest remainder (Hamilton's method): the parts
    /// sum to the whole, each is within one minor unit of its exact share, earlier parts win ties.
    /// Neither the money nor a weight is negative. Where all weights are 0 the first part takes all.
    package func split(by weights: [Int64]) -> [Money] {
        precondition(minorUnits >= 0 && weights.allSatisfy { $0 >= 0 }, "only charges are split, over what they charge")
        let total = weights.reduce(Int128(0)) { $0 + Int128($1) }
        guard total > 0 else {
            return weights.indices.map { Money(minorUnits: $0 == 0 ? minorUnits : 0, currency: currency) }
        }
        let exact = weights.map { Int128(minorUnits) * Int128($0) }
        var parts = exact.map { Int64($0 / total) }
        let missing = Int(minorUnits - parts.reduce(0, +))
        let byRemainder = weights.indices.sorted { (exact[$0] % total, $1) > (exact[$1] % total, $0) }
        for index in byRemainder.prefix(missing) { parts[index] += 1 }
        return parts.map { Money(minorUnits: $0, currency: currency) }
    }

    /// What `taken` of `quantity` pieces have cost by now, when the money was charged for all of them. The
    /// difference between two such sums is what the pieces in between cost, so that any sequence of parts
    /// sums to the charge.
    package func share(of taken: Int64, outOf quantity: Int64) -> Money {
        precondition(taken >= 0 && taken <= quantity && quantity > 0, "no more is taken than there is")
        return Money(
            minorUnits: Int64(Int128(minorUnits) * Int128(taken) / Int128(quantity)), currency: currency)
    }
}
