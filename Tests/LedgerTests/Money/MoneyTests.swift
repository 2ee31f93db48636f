import Ledger
import TestTools
import Testing

@Suite("Money")
struct MoneyTests {
    @Test(
        "An amount is written with at least the digits of its minor unit",
        arguments: [
            ("GBP", "2.55", "2.55"), ("GBP", "2.5", "2.50"), ("GBP", "2", "2.00"), ("GBP", "0.001", "0.001"),
            ("GBP", "0.0001", "0.0001"), ("GBP", "12.5000", "12.50"), ("GBP", "-11062.06", "-11062.06"),
            ("GBP", "-0.0001", "-0.0001"), ("GBP", "-0", "0.00"), ("GBP", "007", "7.00"), ("GBP", "0", "0.00"),
            ("JPY", "100", "100"), ("JPY", "100.5", "100.5"), ("KWD", "1.5", "1.500"), ("KWD", "1.2345", "1.2345"),
            ("GBP", "99999999999.9999", "99999999999.9999"),
        ])
    func amountText(code: String, given: String, written: String) throws {
        #expect(try Amount(given, currency: Currency(code)).text == written)
    }

    @Test(
        "What is no amount is refused",
        arguments: [
            "", "-", ".", "1.", ".5", "1,5", "1.2.3", "1e3", " 1", "1 ", "+1", "--1", "1-", "0x1", "１", "NaN",
            "1.00001", "1.00000", "100000000000.0001", "-100000000000.0001", "999999999999", "9223372036854775808",
        ])
    func noAmount(text: String) throws {
        let failure = #expect(throws: InvalidValue.self) { try Amount(text, currency: .gbp) }
        #expect(failure?.code == "invalid_amount")
    }

    @Test("The largest amount the ledger can hold can be written and read again", arguments: [1, -1] as [Int64])
    func largest(sign: Int64) throws {
        let largest = Amount(tenThousandths: sign * Amount.tenThousandthsMax, currency: .gbp)
        #expect(try Amount(largest.text, currency: .gbp) == largest)
    }

    @Test("Any amount is read as it was written", arguments: [Currency.gbp, .jpy, .kwd])
    func amountRoundTrip(currency: Currency) throws {
        var random = SplitMix64.of("amount")
        for _ in 0..<1_000 {
            let magnitude =
                Int64.random(in: 0..<Amount.tenThousandthsMax, using: &random)
                >> Int64.random(in: 0...49, using: &random)
            let amount = Amount(
                tenThousandths: Bool.random(using: &random) ? magnitude : -magnitude, currency: currency)
            #expect(try Amount(amount.text, currency: currency) == amount, "DAYBOOK_TEST_SEED=\(SplitMix64.seed)")
        }
    }

    @Test("Any money is read as it was written, and is exact", arguments: [Currency.gbp, .jpy, .kwd])
    func moneyRoundTrip(currency: Currency) throws {
        var random = SplitMix64.of("money")
        let limit = Amount.tenThousandthsMax / currency.tenThousandthsPerMinorUnit
        for _ in 0..<1_000 {
            let magnitude = Int64.random(in: 0..<limit, using: &random) >> Int64.random(in: 0...39, using: &random)
            let money = Money(minorUnits: Bool.random(using: &random) ? magnitude : -magnitude, currency: currency)
            #expect(try Money(money.text, currency: currency) == money, "DAYBOOK_TEST_SEED=\(SplitMix64.seed)")
            #expect(Rounding.halfUp.round(money.exact) == money, "DAYBOOK_TEST_SEED=\(SplitMix64.seed)")
        }
    }

    @Test(
        "Currencies have the digits of their minor units",
        arguments: [("GBP", 2, 100), ("JPY", 0, 10_000), ("KWD", 3, 10), ("XXX", 2, 100)])
    func minorUnits(code: String, digits: Int, factor: Int64) throws {
        #expect(try Currency(code).minorDigits == digits)
        #expect(try Currency(code).tenThousandthsPerMinorUnit == factor)
    }

    @Test("Money has no more decimals than its minor unit, and is never rounded when read")
    func moneyText() throws {
        #expect(try Money("2.550", currency: .gbp).minorUnits == 255)
        #expect(try Money("-2.5", currency: .gbp).text == "-2.50")
        #expect(try Money("1.0", currency: .jpy).text == "1")
        #expect(try Money("1.234", currency: .kwd).minorUnits == 1_234)
        for (text, currency) in [("2.555", Currency.gbp), ("1.5", .jpy), ("1.2345", .kwd)] {
            let failure = #expect(throws: InvalidValue.self) { try Money(text, currency: currency) }
            #expect(failure?.code == "invalid_amount")
        }
    }

    @Test(
        "Rounding goes to the nearest minor unit, halves away from zero",
        arguments: [
            (Currency.gbp, "0.0049", "0.00"), (.gbp, "0.005", "0.01"), (.gbp, "0.0149", "0.01"),
            (.gbp, "0.015", "0.02"),
            (.gbp, "-0.0049", "0.00"), (.gbp, "-0.005", "-0.01"), (.gbp, "-0.0151", "-0.02"), (.gbp, "0", "0.00"),
            (.gbp, "99999999999.995", "100000000000.00"), (.jpy, "0.4999", "0"), (.jpy, "0.5", "1"),
            (.jpy, "-1.5", "-2"), (.kwd, "0.0004", "0.000"), (.kwd, "0.0005", "0.001"), (.kwd, "-0.0015", "-0.002"),
        ])
    func rounding(currency: Currency, exact: String, rounded: String) throws {
        #expect(Rounding.halfUp.round(try Amount(exact, currency: currency)).text == rounded)
    }

    @Test("Products and sums are exact up to the largest amount, and refused beyond")
    func arithmetic() throws {
        #expect(try Amount.gbp("2.5501").times(3) == .gbp("7.6503"))
        #expect(try Amount.gbp("2.5501").times(-3) == .gbp("-7.6503"))
        #expect(try Amount.gbp("2.55").adding(.gbp("-2.56")) == .gbp("-0.01"))
        let largest = Amount(tenThousandths: Amount.tenThousandthsMax, currency: .gbp)
        #expect(try Amount.gbp("10000000000").times(10) == largest)
        #expect(try largest.adding(.gbp("-1")).adding(.gbp("1")) == largest)
        for beyond in [{ try largest.adding(.gbp("0.0001")) }, { try largest.times(2) }, { try largest.times(.max) }] {
            let refusal = #expect(throws: Refusal.self) { try beyond() }
            #expect(refusal?.code == .amountTooLarge)
        }
        let mixed = #expect(throws: Refusal.self) { try Amount.gbp("1").adding(.eur("1")) }
        #expect(mixed?.code == .currencyMismatch)
    }
}

@Suite("Splitting money")
struct SplitTests {
    private func split(_ minorUnits: Int64, _ weights: [Int64]) -> [Int64] {
        Money(minorUnits: minorUnits, currency: .gbp).split(by: weights).map(\.minorUnits)
    }

    @Test("The largest remainders get what is left over, the earlier ones among equals")
    func split() {
        #expect(split(100, [1, 1, 1]) == [34, 33, 33])
        #expect(split(101, [1, 1, 1]) == [34, 34, 33])
        #expect(split(10, [5, 3, 2]) == [5, 3, 2])
        #expect(split(7, [1, 2, 3]) == [1, 2, 4])
        #expect(split(1, [1, 2, 2]) == [0, 1, 0])
        #expect(split(0, [1, 2]) == [0, 0])
        #expect(split(5, [0, 1, 0]) == [0, 5, 0])
        #expect(split(5, []) == [])
    }

    @Test("Where nothing has a weight the first part takes all")
    func noWeights() {
        #expect(split(5, [0, 0]) == [5, 0])
    }

    @Test("The largest money and weights are split without overflow")
    func large() {
        #expect(split(.max, [.max, .max]).reduce(0, +) == .max)
        #expect(split(.max, [.max, .max, 1]).reduce(0, +) == .max)
    }

    @Test("The parts sum to the whole, each within one minor unit of its exact share")
    func property() {
        var random = SplitMix64.of("split")
        for run in 0..<2_000 {
            let whole = Int64.random(in: 0...1_000_000, using: &random) >> Int64.random(in: 0...19, using: &random)
            let weights = (0..<Int.random(in: 1...9, using: &random)).map { _ in
                Int64.random(in: 0...20, using: &random)
            }
            let parts = split(whole, weights)
            let total = weights.reduce(0, +)
            let seen: Comment = "\(whole) by \(weights), run \(run), DAYBOOK_TEST_SEED=\(SplitMix64.seed)"
            #expect(parts.reduce(0, +) == whole, seen)
            #expect(parts.count == weights.count, seen)
            guard total > 0 else { continue }
            let remainders = weights.map { whole * $0 % total }
            let given = zip(parts, weights).map { $0 - whole * $1 / total }
            #expect(given.allSatisfy { $0 == 0 || $0 == 1 }, seen)
            for (one, other) in weights.indices.flatMap({ one in weights.indices.map { (one, $0) } })
            where given[one] == 1 && given[other] == 0 {
                #expect((remainders[one], other) > (remainders[other], one), seen)
            }
        }
    }

    @Test("Shares of growing parts grow from nothing to the whole")
    func share() {
        let money = Money(minorUnits: 100, currency: .gbp)
        #expect((0...3).map { money.share(of: $0, outOf: 3).minorUnits } == [0, 33, 66, 100])
        let large = Money(minorUnits: .max, currency: .gbp)
        #expect(large.share(of: .max, outOf: .max) == large)
        #expect(large.share(of: 0, outOf: .max).minorUnits == 0)
    }

    @Test("Any sequence of parts sums to the whole, no part negative")
    func shareProperty() {
        var random = SplitMix64.of("share")
        for run in 0..<1_000 {
            let money = Money(minorUnits: .random(in: 0...10_000, using: &random), currency: .gbp)
            let quantity = Int64.random(in: 1...50, using: &random)
            var taken: Int64 = 0
            var sum: Int64 = 0
            while taken < quantity {
                let part = Int64.random(in: 1...(quantity - taken), using: &random)
                let before = money.share(of: taken, outOf: quantity).minorUnits
                let cost = money.share(of: taken + part, outOf: quantity).minorUnits - before
                #expect(cost >= 0, "run \(run), DAYBOOK_TEST_SEED=\(SplitMix64.seed)")
                taken += part
                sum += cost
            }
            #expect(sum == money.minorUnits, "run \(run), DAYBOOK_TEST_SEED=\(SplitMix64.seed)")
        }
    }
}
