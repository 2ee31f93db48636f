import SwiftProtobuf

@testable import CommandAPI

/// Every command as JSON and as a message. The message is read from the same JSON by the mapping of protobuf, so that its
/// fields have the same names.
enum MessageSamples {
    static let all: [(name: String, json: String, request: Daybook_V1_CommandRequest)] = json.map { name, json in
        let words = name.split(separator: "-")
        let field = words[0] + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
        do {
            return (name, json, try Daybook_V1_CommandRequest(jsonString: #"{"\#(field)":\#(json)}"#))
        } catch {
            preconditionFailure("\(name) is no message: \(error)")
        }
    }

    private static let json = [
        ("register-product", #"{"sku":"S","name":"N"}"#),
        (
            "register-product",
            #"{"sku":"S","name":"N","kind":"charge","description":"D","brand":"B","categories":["b","a"],"attributes":{"size":"L","colour":"red"},"otherNames":["O"],"price":{"amount":"2.505","currency":"GBP"}}"#
        ),
        ("change-price", #"{"sku":"S","price":{"amount":"2","currency":"EUR"}}"#),
        ("receive-stock", #"{"sku":"S","location":"main","quantity":3}"#),
        ("receive-stock", #"{"sku":"S","location":"main","quantity":3,"reference":"R"}"#),
        ("adjust-stock", #"{"sku":"S","location":"main","delta":-3,"reason":"wet"}"#),
        ("reserve-stock", #"{"sku":"S","quantity":1}"#),
        ("reserve-stock", #"{"sku":"S","quantity":1,"reservation":"R","expiresInSeconds":60}"#),
        ("release-stock", #"{"sku":"S","reservation":"R"}"#),
        ("add-to-cart", #"{"sku":"S","quantity":2}"#),
        (
            "add-to-cart",
            #"{"cart":"C","sku":"S","quantity":2,"quotedPrice":{"amount":"1.9999","currency":"GBP"}}"#
        ),
        ("add-charge", #"{"code":"POST","quantity":1,"unitPrice":{"amount":"3.95","currency":"GBP"}}"#),
        (
            "add-charge",
            #"{"cart":"C","code":"POST","label":"by air","quantity":1,"unitPrice":{"amount":"3.95","currency":"GBP"}}"#
        ),
        ("change-cart-quantity", #"{"cart":"C","sku":"S","quantity":5}"#),
        ("remove-from-cart", #"{"cart":"C","sku":"S"}"#),
        ("place-order", #"{"cart":"C"}"#),
        (
            "place-order",
            #"{"cart":"C","email":"ann@example.org","reference":"R","customer":"ann","country":"France","shippingAddress":{"name":"Ann","line1":"1","line2":"2","city":"Lyon","region":"R","postcode":"P","country":"F"}}"#
        ),
        (
            "record-payment",
            #"{"order":"O","amount":{"amount":"13.97","currency":"GBP"},"method":"card"}"#
        ),
        ("cancel-order", #"{"order":"O","reason":"late"}"#),
        ("fulfil-order", #"{"order":"O"}"#),
        ("fulfil-order", #"{"order":"O","lines":[{"sku":"S","quantity":1},{"sku":"T","quantity":2}]}"#),
        ("return-items", #"{"order":"O","lines":[{"sku":"S","quantity":1}],"restock":true}"#),
        (
            "issue-credit-note",
            #"{"document":"D","reference":"R","country":"F","customer":"ann","lines":[{"code":"S","label":"L","quantity":1,"amount":{"amount":"2","currency":"GBP"},"order":"O"}]}"#
        ),
        (
            "record-adjustment",
            #"{"document":"D","reference":"R","country":"F","currency":"GBP","location":"main","lines":[{"code":"S","delta":-2,"reason":"wet"}]}"#
        ),
        (
            "record-bad-debt",
            #"{"document":"D","reference":"R","country":"F","customer":"ann","code":"B","label":"L","quantity":1,"unitPrice":{"amount":"-11062.06","currency":"GBP"}}"#
        ),
    ]
}
