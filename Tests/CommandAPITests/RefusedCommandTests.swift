import EventStore
import Ledger
import TestSupport
import Testing

@Suite("Commands which are not accepted", .serialized)
struct RefusedCommandTests {
    @Test("What can't be a command is answered with a problem that says where, and leaves no trace")
    func malformed() async throws {
        try await withShop { shop in
            for wrong in Wrong.all {
                try await shop.expectProblem(
                    wrong.status, wrong.code, pointer: wrong.pointer, "\(wrong.name) \(wrong.body)"
                ) {
                    try await shop.command(wrong.name, wrong.body)
                }
            }
        }
    }

    @Test("A body which is too large is refused, and one of exactly the most bytes is taken")
    func oversized() async throws {
        try await withShop { shop in
            let body = #"{"sku":"LAMP","location":"main","quantity":1}"#
            let most = body + String(repeating: " ", count: (1 << 20) - body.utf8.count)
            try await shop.expectProblem(413, "body_too_large", "one byte more") {
                try await shop.command("receive-stock", most + " ")
            }
            try await shop.expectProblem(413, "body_too_large", "three megabytes") {
                try await shop.command("receive-stock", String(repeating: "x", count: 3 << 20))
            }
            #expect(try await shop.command("receive-stock", most).status == 201)
        }
    }

    @Test("A body which was announced too large is answered before it is read, and the connection closed")
    func announcedTooLarge() async throws {
        try await withShop { shop in
            let connection = try Connection(port: shop.commands.port)
            let body = String(repeating: "x", count: 2 << 20)
            let head = "POST /commands/receive-stock HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
            try await connection.send(head + "Content-Length: \(body.utf8.count)\r\n\r\n")
            let refused = try await connection.answer()
            #expect(refused.status == 413)
            #expect(refused.headers["connection"] == "close")
            // What is sent all the same is read by nobody; the shop goes on.
            try? await connection.send(body)
            #expect(try await shop.request("GET", "/health", port: shop.commands.port).status == 200)
        }
    }

    @Test("Another content type than JSON is refused, and parameters of the type are not")
    func contentType() async throws {
        try await withShop { shop in
            let body = #"{"sku":"LAMP","location":"main","quantity":1}"#
            for type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "", nil] {
                try await shop.expectProblem(415, "unsupported_media_type", "\(type ?? "none")") {
                    try await shop.post("/commands/receive-stock", body, type: type)
                }
            }
            for type in ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"] {
                #expect([200, 201].contains(try await shop.post("/commands/receive-stock", body, type: type).status))
            }
        }
    }

    @Test("What does not exist is answered with 404, and what a rule forbids with 409")
    func refusals() async throws {
        try await withShop { shop in
            for (name, body, status, code) in Self.refused {
                try await shop.expectProblem(status, code, "\(name) \(body)") { try await shop.command(name, body) }
            }
        }
    }

    private static let refused: [(name: String, body: String, status: Int, code: String)] = [
        ("paint-it-black", "{}", 404, "unknown_command"),
        ("receive-stock", #"{"sku":"lamp","location":"main","quantity":1}"#, 404, "unknown_product"),
        ("add-to-cart", #"{"sku":"GHOST","quantity":1}"#, 404, "unknown_product"),
        ("place-order", #"{"cart":"GHOST"}"#, 404, "unknown_cart"),
        ("cancel-order", #"{"order":"GHOST","reason":"x"}"#, 404, "unknown_order"),
        ("release-stock", #"{"sku":"LAMP","reservation":"GHOST"}"#, 404, "unknown_reservation"),
        ("register-product", #"{"sku":"LAMP","name":"Another"}"#, 409, "product_exists"),
        ("receive-stock", #"{"sku":"POST","location":"main","quantity":1}"#, 409, "no_stock_kept"),
        ("reserve-stock", #"{"sku":"LAMP","quantity":6}"#, 409, "not_enough_stock"),
        ("add-to-cart", #"{"sku":"POST","quantity":1}"#, 409, "not_for_sale"),
        ("add-to-cart", #"{"sku":"BARE","quantity":1}"#, 409, "no_price"),
        ("change-price", #"{"sku":"LAMP","price":{"amount":"1","currency":"EUR"}}"#, 409, "currency_mismatch"),
    ]

    @Test("A key which was used for another command is refused, and says where the first one stands")
    func keyReused() async throws {
        try await withShop { shop in
            let key: Headers = ["Idempotency-Key": "once"]
            let body = #"{"sku":"LAMP","location":"main","quantity":1}"#
            let first = try await shop.command("receive-stock", body, key)
            #expect(first.status == 201)
            let other = #"{"sku":"LAMP","location":"main","quantity":2}"#
            let problem = try await shop.expectProblem(409, "key_reused", "another body") {
                try await shop.command("receive-stock", other, key)
            }
            #expect(problem["firstPosition"] == first.json["position"])
            try await shop.expectProblem(409, "key_reused", "another command") {
                try await shop.command("reserve-stock", #"{"sku":"LAMP","quantity":1}"#, key)
            }
            let spaced = try await shop.command(
                "receive-stock", #" { "quantity":1, "location":"main", "sku":"LAMP" } "#, key)
            #expect(spaced.headers["idempotency-replayed"] == "true", "the same command, written in another way")
        }
    }

    @Test("A key that can't be one is refused; the key of a refused command is free for another")
    func keys() async throws {
        try await withShop { shop in
            let body = #"{"sku":"LAMP","location":"main","quantity":1}"#
            for key in ["", String(repeating: "k", count: 129)] {
                try await shop.expectProblem(400, "invalid_text", "key of \(key.count) bytes") {
                    try await shop.command("receive-stock", body, ["Idempotency-Key": key])
                }
            }
            let key: Headers = ["Idempotency-Key": String(repeating: "k", count: 128)]
            try await shop.expectProblem(409, "not_enough_stock", "more than there is") {
                try await shop.command("reserve-stock", #"{"sku":"LAMP","quantity":99}"#, key)
            }
            let taken = try await shop.command("receive-stock", body, key)
            #expect(taken.status == 201)
            #expect(taken.headers["idempotency-replayed"] == nil)
        }
    }

    @Test("If-Match at another version is refused with what happened since, and accepted at the stream's own")
    func ifMatch() async throws {
        try await withShop { shop in
            let body = #"{"sku":"LAMP","price":{"amount":"1.10","currency":"GBP"}}"#
            try await shop.accept("change-price", #"{"sku":"LAMP","price":{"amount":"1.20","currency":"GBP"}}"#)
            let problem = try await shop.expectProblem(412, "version_mismatch", "version 1 of 2") {
                try await shop.command("change-price", body, ["If-Match": "\"1\""])
            }
            #expect(problem["currentVersion"] == 2)
            #expect(problem["since"].each("version") == [2])
            #expect(problem["since"].each("type") == ["product.price-changed"])
            #expect(problem["since"][0]["position"].number == Int64(shop.store.log.head.value))
            for version in ["3", "0", "18446744073709551615"] {
                let problem = try await shop.expectProblem(412, "version_mismatch", "version \(version) of 2") {
                    try await shop.command("change-price", body, ["If-Match": "\"\(version)\""])
                }
                #expect(problem["since"].items.count == (version == "0" ? 2 : 0))
            }
            let matched = try await shop.command("change-price", body, ["If-Match": "\"2\""])
            #expect(matched.status == 200)
            #expect(matched.headers["etag"] == "\"3\"")
        }
    }

    @Test("If-Match \"0\" demands that the thing does not exist yet")
    func ifMatchNone() async throws {
        try await withShop { shop in
            let body = #"{"cart":"C1","sku":"LAMP","quantity":1}"#
            #expect(try await shop.command("add-to-cart", body, ["If-Match": "\"0\""]).status == 201)
            try await shop.expectProblem(412, "version_mismatch", "the cart exists") {
                try await shop.command("add-to-cart", body, ["If-Match": "\"0\""])
            }
            try await shop.expectProblem(412, "version_mismatch", "a new cart has no version 7") {
                try await shop.command("add-to-cart", #"{"sku":"LAMP","quantity":1}"#, ["If-Match": "\"7\""])
            }
        }
    }

    @Test("An If-Match which is no quoted version is refused")
    func malformedIfMatch() async throws {
        try await withShop { shop in
            for value in [
                "7", "*", "W/\"7\"", "\"\"", "\"seven\"", "\"-1\"", "\"7", "\"1\", \"2\"", "\"18446744073709551616\"",
            ] {
                try await shop.expectProblem(400, "invalid_if_match", "\(value)") {
                    try await shop.command(
                        "change-price", #"{"sku":"LAMP","price":{"amount":"1","currency":"GBP"}}"#, ["If-Match": value])
                }
            }
        }
    }

    @Test("A path that the API does not have is a problem too")
    func unknownPath() async throws {
        try await withShop { shop in
            for path in ["/", "/command", "/commands/receive-stock/LAMP", "/stock/LAMP", "/Health"] {
                try await shop.expectProblem(404, "unknown_path", "\(path)") { try await shop.post(path, "{}") }
            }
        }
    }

    @Test("A stopped Writer takes nothing more and says when to come back")
    func stoppedWriter() async throws {
        try await withShop { shop in
            await shop.writer.stop()
            let answer = try await shop.leavingNoTrace("stopped") {
                try await shop.command("receive-stock", #"{"sku":"LAMP","location":"main","quantity":1}"#)
            }
            #expect(answer.status == 503)
            #expect(answer.json["code"] == "stopping")
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect(answer.headers["retry-after"] == "1")
        }
    }

    @Test("A full queue refuses at once and says when to come back; a stream waits for room instead")
    func fullQueue() async throws {
        var setup = TestShop.Setup()
        setup.writer.queueCapacity = 1
        setup.projects = false
        try await TestShop.open(setup) { shop in
            try await shop.registerProducts()
            let gate = Gate()
            async let held = shop.writer.submit(try Submission(Scripted.wait(at: gate), actor: "test"))
            await gate.isReached()
            // The Writer stands at the gate. Of two more commands one waits, and the other is told so at once.
            let writer = shop.writer
            let body = #"{"sku":"LAMP","location":"main","quantity":1}"#
            try await withThrowingTaskGroup { group in
                for _ in 0..<2 {
                    group.addTask {
                        try await writer.submit(
                            Submission(Scripted { _, _ in throw Refusal(.cartEmpty, "") }, actor: "test"))
                    }
                }
                let refused = try #require(try await group.next())
                guard case .failed(let error) = refused else {
                    Issue.record("the queue holds more than one")
                    return gate.open()
                }
                #expect(error.code == .overloaded)
                let answer = try await shop.leavingNoTrace("full") { try await shop.command("receive-stock", body) }
                #expect(answer.status == 503)
                #expect(answer.json["code"] == "overloaded")
                #expect(answer.headers["content-type"] == "application/problem+json")
                #expect(answer.headers["retry-after"] == "1")
                async let streamed = shop.post(
                    "/commands", #"{"command":"receive-stock","body":\#(body)}"#, type: "application/x-ndjson")
                gate.open()
                #expect(try await streamed.lines.map { $0["status"] } == [201])
            }
            _ = try await held
        }
    }
}

/// A command that is none, and what it is answered.
private struct Wrong {
    let name: String
    let body: String
    let status: Int
    let code: String
    let pointer: String?

    static func quantity(_ text: String, _ code: String) -> Wrong {
        Wrong(
            name: "receive-stock", body: #"{"sku":"LAMP","location":"main","quantity":\#(text)}"#, status: 422,
            code: code,
            pointer: "/quantity")
    }

    static func malformed(_ body: String) -> Wrong {
        Wrong(name: "receive-stock", body: body, status: 400, code: "malformed_json", pointer: nil)
    }

    static func invalid(_ name: String, _ body: String, _ code: String, _ pointer: String) -> Wrong {
        Wrong(name: name, body: body, status: 422, code: code, pointer: pointer)
    }

    static let all = quantities + texts + prices + shapes

    static let quantities = [
        quantity("0", "invalid_quantity"), quantity("-1", "invalid_quantity"),
        quantity("100000001", "invalid_quantity"),
        quantity("9223372036854775807", "invalid_quantity"), quantity("9223372036854775808", "wrong_type"),
        quantity("1e300", "wrong_type"), quantity("1.5", "wrong_type"), quantity(#""3""#, "wrong_type"),
        quantity("true", "wrong_type"), quantity("[]", "wrong_type"), quantity("null", "missing_field"),
    ]

    static let texts = [
        malformed(""), malformed("{"), malformed("nothing"), malformed(#"{"sku""LAMP"}"#), malformed("{} {}"),
        malformed("[]"),
        malformed("3"), malformed(#""text""#), malformed("null"), malformed("{'sku':'LAMP'}"),
        malformed(String(repeating: "[", count: 100_000)),
        malformed(#"{"sku":"# + String(repeating: "[", count: 100_000)),
    ]

    static let prices = [
        invalid(
            "change-price", #"{"sku":"LAMP","price":{"amount":"1.00001","currency":"GBP"}}"#, "invalid_amount",
            "/price/amount"),
        invalid(
            "change-price", #"{"sku":"LAMP","price":{"amount":"1,00","currency":"GBP"}}"#, "invalid_amount",
            "/price/amount"),
        invalid(
            "change-price", #"{"sku":"LAMP","price":{"amount":1.5,"currency":"GBP"}}"#, "wrong_type", "/price/amount"),
        invalid(
            "change-price", #"{"sku":"LAMP","price":{"amount":"1","currency":"gbp"}}"#, "invalid_currency",
            "/price/currency"),
        invalid("change-price", #"{"sku":"LAMP","price":{"amount":"1"}}"#, "missing_field", "/price/currency"),
        invalid(
            "change-price", #"{"sku":"LAMP","price":{"amount":"1","currency":"GBP","tax":1}}"#, "unknown_field",
            "/price/tax"),
        invalid("change-price", #"{"sku":"LAMP","price":"1.00"}"#, "wrong_type", "/price"),
        invalid("change-price", #"{"sku":"LAMP"}"#, "missing_field", "/price"),
        invalid(
            "record-payment", #"{"order":"O","amount":{"amount":"1.005","currency":"GBP"}}"#, "invalid_amount",
            "/amount/amount"),
    ]

    static let shapes = [
        invalid("receive-stock", #"{"sku":"LAMP","location":"main"}"#, "missing_field", "/quantity"),
        invalid(
            "receive-stock", #"{"sku":"LAMP","location":"main","quantity":1,"color":"red"}"#, "unknown_field", "/color"),
        invalid("receive-stock", #"{"sku":"LAMP ","location":"main","quantity":1}"#, "invalid_text", "/sku"),
        invalid("receive-stock", #"{"sku":"","location":"main","quantity":1}"#, "invalid_text", "/sku"),
        invalid("receive-stock", #"{"sku":"LÄMP","location":"main","quantity":1}"#, "invalid_text", "/sku"),
        invalid("receive-stock", #"{"sku":17,"location":"main","quantity":1}"#, "wrong_type", "/sku"),
        invalid("register-product", #"{"sku":"N","name":"N","kind":"service"}"#, "invalid_kind", "/kind"),
        invalid("register-product", #"{"sku":"N","name":"N","categories":"Home"}"#, "wrong_type", "/categories"),
        invalid("register-product", #"{"sku":"N","name":"N","attributes":{"size":3}}"#, "wrong_type", "/attributes"),
        invalid("place-order", #"{"cart":"C","email":"nobody"}"#, "invalid_email", "/email"),
        invalid(
            "place-order", #"{"cart":"C","shippingAddress":{"name":"Ann"}}"#, "missing_field", "/shippingAddress/line1"),
        invalid(
            "fulfil-order", #"{"order":"O","lines":[{"sku":"LAMP","quantity":1},{"sku":"LAMP","quantity":0}]}"#,
            "invalid_quantity", "/lines/1/quantity"),
        invalid("fulfil-order", #"{"order":"O","lines":[7]}"#, "wrong_type", "/lines/0"),
        invalid("fulfil-order", #"{"order":"O","lines":{}}"#, "wrong_type", "/lines"),
        invalid(
            "adjust-stock", #"{"sku":"LAMP","location":"main","delta":0,"reason":"x"}"#, "invalid_quantity", "/delta"),
        invalid(
            "return-items", #"{"order":"O","lines":[{"sku":"LAMP","quantity":1}],"restock":"yes"}"#, "wrong_type",
            "/restock"),
    ]
}
