package import JSON
package import Ledger

extension JSONWriter {
    /// `{"amount":"2.55","currency":"GBP"}`.
    package mutating func field(_ name: String, _ amount: Amount) {
        key(name)
        object {
            $0.field("amount", amount.text)
            $0.field("currency", amount.currency.code)
        }
    }

    /// `{"amount":"2.55","currency":"GBP"}`.
    package mutating func field(_ name: String, _ money: Money) {
        field(name, money.exact)
    }
}
