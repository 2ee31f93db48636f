import HTTPService
import HTTPTypes
import Ledger
import SwiftProtobuf

/// Makes the ledger's values of a message's, and problems that point at the field of what can't be one.
struct MessageCheck {
    /// Where the message stands, as a JSON pointer: empty for the command itself.
    private let place: String

    init(_ place: String) { self.place = place }

    /// A field that this program does not know would be lost: who sent it means something by it.
    func known(_ message: some Message) throws(Problem) {
        guard message.unknownFields.data.isEmpty else {
            throw Problem(
                .unprocessableContent, "unknown_field",
                "The message has a field that this Daybook does not know. command.proto of its release says what it does.",
                pointer: place.isEmpty ? nil : place)
        }
    }

    func identifier<ID: Identifier>(_ name: String, _ text: String) throws(Problem) -> ID {
        try check(name) { () throws(InvalidValue) in try ID(text) }
    }

    func identifier<ID: Identifier>(_ name: String, if isGiven: Bool, _ text: String) throws(Problem) -> ID? {
        isGiven ? try identifier(name, text) : nil
    }

    func quantity(_ name: String, _ quantity: Int64) throws(Problem) -> Int64 {
        try check(name) { () throws(InvalidValue) in try Quantity.check(quantity) }
        return quantity
    }

    func delta(_ name: String, _ delta: Int64) throws(Problem) -> Int64 {
        try check(name) { () throws(InvalidValue) in try Quantity.check(delta: delta) }
        return delta
    }

    func currency(_ name: String, _ code: String) throws(Problem) -> Currency {
        try check(name) { () throws(InvalidValue) in try Currency(code) }
    }

    /// With up to four decimals.
    func amount(_ name: String, if isGiven: Bool, _ price: Daybook_V1_Price) throws(Problem) -> Amount {
        let (inside, currency) = try self.price(name, isGiven, price)
        return try inside.check("amount") { () throws(InvalidValue) in try Amount(price.amount, currency: currency) }
    }

    /// In whole minor units.
    func money(_ name: String, if isGiven: Bool, _ price: Daybook_V1_Price) throws(Problem) -> Money {
        let (inside, currency) = try self.price(name, isGiven, price)
        return try inside.check("amount") { () throws(InvalidValue) in try Money(price.amount, currency: currency) }
    }

    private func price(
        _ name: String, _ isGiven: Bool, _ price: Daybook_V1_Price
    ) throws(Problem) -> (MessageCheck, Currency) {
        guard isGiven else { throw missing(name) }
        let inside = self.inside(name)
        try inside.known(price)
        return (inside, try inside.currency("currency", price.currency))
    }

    /// The checks of a message which is the field of this one.
    func inside(_ name: String) -> MessageCheck { MessageCheck(place + "/" + name) }

    func missing(_ name: String) -> Problem {
        Problem(
            .unprocessableContent, "missing_field", "The field \"\(name)\" is missing.", pointer: place + "/" + name)
    }

    @discardableResult
    func check<Value>(_ name: String, _ make: () throws(InvalidValue) -> Value) throws(Problem) -> Value {
        do throws(InvalidValue) {
            return try make()
        } catch {
            throw Problem(.unprocessableContent, error.code, error.message, pointer: place + "/" + name)
        }
    }
}
