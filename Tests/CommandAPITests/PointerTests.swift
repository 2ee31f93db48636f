import EventStore
import TestSupport
import Testing

@Suite("A problem points at its value", .serialized)
struct PointerTests {
    @Test("A pointer escapes what RFC 6901 says")
    func escaped() async throws {
        try await withShop { shop in
            try await shop.expectProblem(422, "unknown_field", pointer: "/a~1b", "slash") {
                try await shop.command("receive-stock", #"{"sku":"LAMP","location":"main","quantity":1,"a/b":1}"#)
            }
            try await shop.expectProblem(422, "unknown_field", pointer: "/a~0b", "tilde") {
                try await shop.command("receive-stock", #"{"sku":"LAMP","location":"main","quantity":1,"a~b":1}"#)
            }
        }
    }

    @Test("A value that is refused for what it says is pointed at, as one that is refused for its type")
    func values() async throws {
        try await withShop { shop in
            let long = String(repeating: "x", count: 501)
            let cases = [
                ("register-product", #"{"sku":"N","name":""}"#, "/name"),
                ("register-product", #"{"sku":"N","name":"\#(long)"}"#, "/name"),
                ("register-product", #"{"sku":"N","name":"N","brand":" "}"#, "/brand"),
                ("register-product", #"{"sku":"N","name":"N","categories":["Home",""]}"#, "/categories/1"),
                (
                    "register-product", #"{"sku":"N","name":"N","price":{"amount":"1000000.01","currency":"GBP"}}"#,
                    "/price"
                ),
                ("change-price", #"{"sku":"LAMP","price":{"amount":"-1","currency":"GBP"}}"#, "/price"),
                ("receive-stock", #"{"sku":"LAMP","location":"main","quantity":1,"reference":""}"#, "/reference"),
                ("adjust-stock", #"{"sku":"LAMP","location":"main","delta":1,"reason":""}"#, "/reason"),
                ("reserve-stock", #"{"sku":"LAMP","quantity":1,"expiresInSeconds":0}"#, "/expiresInSeconds"),
                (
                    "add-to-cart", #"{"sku":"LAMP","quantity":1,"quotedPrice":{"amount":"-1","currency":"GBP"}}"#,
                    "/quotedPrice"
                ),
                (
                    "add-charge",
                    #"{"code":"POST","quantity":1,"label":"","unitPrice":{"amount":"1","currency":"GBP"}}"#, "/label"
                ),
                ("place-order", #"{"cart":"C","country":""}"#, "/country"),
                ("place-order", #"{"cart":"C","reference":""}"#, "/reference"),
                (
                    "place-order", #"{"cart":"C","shippingAddress":{"name":"A","line1":"1","city":"","country":"F"}}"#,
                    "/shippingAddress/city"
                ),
                ("record-payment", #"{"order":"O","amount":{"amount":"0","currency":"GBP"}}"#, "/amount"),
                ("cancel-order", #"{"order":"O","reason":""}"#, "/reason"),
                ("fulfil-order", #"{"order":"O","lines":[]}"#, "/lines"),
                ("issue-credit-note", #"{"lines":[]}"#, "/lines"),
                (
                    "issue-credit-note",
                    #"{"lines":[{"code":"LAMP","quantity":1,"amount":{"amount":"-1","currency":"GBP"}}]}"#,
                    "/lines/0/amount"
                ),
                (
                    "record-adjustment",
                    #"{"currency":"GBP","location":"main","lines":[{"code":"LAMP","delta":0,"reason":"x"}]}"#,
                    "/lines/0/delta"
                ),
                (
                    "record-adjustment",
                    #"{"currency":"GBP","location":"main","lines":[{"code":"LAMP","delta":1,"reason":""}]}"#,
                    "/lines/0/reason"
                ),
            ]
            for (name, body, pointer) in cases {
                let answer = try await shop.command(name, body)
                #expect(answer.status == 422, "\(name) \(body)")
                #expect(answer.json["pointer"] == .text(pointer), "\(name) \(body.prefix(120))")
            }
        }
    }

    @Test(
        "A name that is given twice, and a comma behind the last value, are refused as no JSON",
        arguments: [
            #"{"sku":"LAMP","location":"main","quantity":1,"quantity":2}"#,
            #"{"sku":"LAMP","location":"main","quantity":1,}"#,
            #"{"sku":"N","name":"N","categories":["a",]}"#,
            #"{"sku":"N","name":"N","price":{"amount":"1","amount":"2","currency":"GBP"}}"#,
        ])
    func loose(body: String) async throws {
        _ = try await withShop { shop in
            try await shop.expectProblem(400, "malformed_json", "\(body)") {
                try await shop.command(
                    body.contains("categories") || body.contains("price") ? "register-product" : "receive-stock", body)
            }
        }
    }

    @Test("Texts that look like structure, and the same name in different objects, are no reason to refuse")
    func strictEnough() async throws {
        try await withShop { shop in
            let odd =
                #"{"sku":"ODD","name":"a,}\",\"sku\":{","attributes":{"sku":"x","name":",]"},"categories":["sku","sku"]}"#
            let answer = try await shop.command("register-product", odd)
            #expect(answer.status == 201)
        }
    }
}
