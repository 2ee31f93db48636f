import EventStore
import Foundation
import TestSupport
import Testing

@Suite("The log over HTTP", .serialized)
struct EventsTests {
    /// Thirteen events: a product, stock in ten deliveries, another product, its stock.
    private func withEvents(_ body: (TestShop) async throws -> Void) async throws {
        var setup = TestShop.Setup()
        setup.projects = false
        try await TestShop.open(setup) { shop in
            try await shop.register("LAMP", "Lamp", price: "2.55")
            for quantity in 1...10 { try await shop.receive("LAMP", quantity) }
            try await shop.register("VASE", "Vase")
            try await shop.receive("VASE", 3)
            try await body(shop)
        }
    }

    @Test("An event is answered with everything that is on record about it")
    func event() async throws {
        try await withEvents { shop in
            let answer = try await shop.get("/events?limit=1")
            #expect(answer.headers["content-type"] == "application/json; charset=utf-8")
            let event = answer.json["items"][0]
            #expect(
                event.without("recordedAt", "effectiveAt", "key") == [
                    "position": 1, "stream": "product-LAMP", "version": 1, "type": "product.registered",
                    "actor": "test",
                    "correlation": nil,
                    "data": [
                        "name": "Lamp", "kind": "goods", "description": nil, "brand": nil, "categories": [],
                        "attributes": [:],
                        "otherNames": [], "price": .gbp("2.55"),
                    ],
                ])
            #expect(event["recordedAt"].text?.hasSuffix("Z") == true)
            #expect(event["recordedAt"] == event["effectiveAt"])
        }
    }

    @Test("What the caller gave as key and correlation stands in the event")
    func correlation() async throws {
        try await TestShop.open { shop in
            let answer = try await shop.command(
                "register-product", #"{"sku":"A","name":"A"}"#,
                ["Idempotency-Key": "my key", "X-Correlation-ID": "request 7"])
            #expect(answer.status == 201)
            let event = try await shop.get("/events").json["items"][0]
            #expect(event["key"] == "my key")
            #expect(event["correlation"] == "request 7")
            #expect(event["actor"] == "api")
        }
    }

    @Test("Pages show every event once, in order, with and without a filter")
    func pages() async throws {
        try await withEvents { shop in
            for limit in [1, 2, 5, 12, 13, 14, 1_000] {
                #expect(try await positions(shop, "", limit) == Array(1...13), "\(limit)")
                #expect(try await positions(shop, "&type=stock.received", limit) == Array(2...11) + [13], "\(limit)")
                #expect(try await positions(shop, "&stream=stock-VASE", limit) == [13], "\(limit)")
                #expect(
                    try await positions(shop, "&stream=stock-LAMP&type=stock.received", limit) == Array(2...11),
                    "\(limit)")
                #expect(try await positions(shop, "&type=order.placed", limit) == [], "\(limit)")
            }
            let after = try await shop.get("/events?after=11").json
            #expect(after["items"].each("position") == [12, 13])
            #expect(after["next"] == nil)
            for beyond in ["13", "14", "9223372036854775807"] {
                #expect(try await shop.get("/events?after=\(beyond)").json == ["items": [], "next": nil])
            }
        }
    }

    private func positions(_ shop: TestShop, _ filter: String, _ limit: Int) async throws -> [Int64] {
        var positions: [Int64] = []
        var after = "0"
        while true {
            let page = try await shop.get("/events?after=\(after)&limit=\(limit)\(filter)").json
            #expect(page["items"].items.count <= limit)
            positions += page["items"].each("position").compactMap(\.number)
            guard let next = page["next"].text else { return positions }
            try #require(next != after)
            after = next
        }
    }

    @Test("What the log can't be asked is refused")
    func refused() async throws {
        try await withEvents { shop in
            for wrong in [
                "after=-1", "after=x", "after=9223372036854775808", "limit=0", "limit=1001", "type=order.eaten",
                "type=stock",
                "stream=LAMP", "stream=shelf-LAMP", "stream=stock-",
            ] {
                try await shop.expectProblem(400, "invalid_parameter", "/events?\(wrong)")
            }
            try await shop.expectProblem(400, "unknown_parameter", "/events?from=1")
            try await shop.expectProblem(
                400, "invalid_parameter", "/events?limit=0", ["Accept": "application/x-ndjson"])
        }
    }

    @Test("NDJSON has every event of the log, one a line, as the page has it")
    func lines() async throws {
        try await withEvents { shop in
            let accept: Headers = ["Accept": "application/x-ndjson"]
            let all = try await shop.get("/events", accept)
            #expect(all.headers["content-type"] == "application/x-ndjson")
            #expect(all.text.hasSuffix("}\n"))
            #expect(try await all.lines == shop.get("/events").json["items"].items)
            #expect(try await shop.get("/events?after=10&limit=2", accept).lines.map { $0["position"] } == [11, 12])
            #expect(
                try await shop.get("/events?type=product.registered", accept).lines.map { $0["position"] } == [1, 12])
            #expect(try await shop.get("/events?after=13", accept).body.isEmpty)
        }
    }

    @Test("A stream shows its events by version, and an unknown one is a problem")
    func streams() async throws {
        try await withEvents { shop in
            var versions: [Int64] = []
            var after: String? = "0"
            while let from = after {
                let page = try await shop.get("/streams/stock-LAMP?limit=4&after=\(from)").json
                versions += page["items"].each("version").compactMap(\.number)
                after = page["next"].text
            }
            #expect(versions == Array(1...10))
            let first = try await shop.get("/streams/stock-VASE").json
            #expect(first == ["items": [try await shop.get("/events?after=12").json["items"][0]], "next": nil])
            #expect(try await shop.get("/streams/stock-VASE?after=1").json == ["items": [], "next": nil])
            for unknown in ["stock-GHOST", "shelf-LAMP", "LAMP", "stock-", "-LAMP", "stock-lamp"] {
                try await shop.expectProblem(404, "unknown_stream", "/streams/\(unknown)")
            }
            try await shop.expectProblem(400, "invalid_parameter", "/streams/stock-LAMP?after=-1")
            try await shop.expectProblem(400, "unknown_parameter", "/streams/stock-LAMP?type=stock.received")
        }
    }

    @Test("Personal data never stands in the log's feed, and the order has it")
    func personalData() async throws {
        try await TestShop.open { shop in
            try await shop.register("LAMP", "Lamp", price: "2.55")
            try await shop.receive("LAMP", 5)
            let order = try await shop.order(
                "C", [("LAMP", 1)],
                """
                ,"customer":"c-17","email":"ann.lee@example.org","shippingAddress":{"name":"Ann Lee","line1":"17 Secret Lane",
                "line2":"Flat 4","city":"Little Whinging","region":"Surrey","postcode":"GU1 1AA","country":"Ruritania"}
                """)
            let personal = ["ann.lee", "Ann Lee", "Secret Lane", "Flat 4", "Little Whinging", "Surrey", "GU1 1AA"]
            let feeds = [
                try await shop.get("/events").text,
                try await shop.get("/events", ["Accept": "application/x-ndjson"]).text,
                try await shop.get("/streams/order-\(order)").text,
            ]
            for feed in feeds {
                #expect(feed.contains(#""contact":"sealed""#))
                for secret in personal { #expect(!feed.contains(secret), "\(secret)") }
            }
            let shown = try await shop.ask("/orders/\(order)").text
            for secret in personal { #expect(shown.contains(secret), "\(secret)") }
        }
    }
}

@Suite("Following the log live", .serialized)
struct LiveEventsTests {
    @Test("A follower gets what there is, then what happens, and goes on where it was cut off")
    func follow() async throws {
        try await TestShop.open { shop in
            try await shop.register("LAMP", "Lamp", price: "2.55")
            try await shop.receive("LAMP", 1)
            let first = try await Follower(shop, "/events")
            #expect(first.head.headers["content-type"] == "text/event-stream")
            #expect(first.head.headers["cache-control"] == "no-store")
            #expect(try await first.next(2).map(\.id) == ["1", "2"])
            try await shop.receive("LAMP", 2)
            let third = try #require(try await first.next(1).first)
            #expect(third.id == "3")
            #expect(third.event == "stock.received")
            #expect(try await third.data == shop.get("/events?after=2").json["items"][0])
            try await first.leave(shop)

            let resumed = try await Follower(shop, "/events?after=1", ["Last-Event-ID": "3"])
            #expect(try await resumed.next(1).map(\.id) == ["4"], "the last id counts for more than the parameter")
            for quantity in 1...3 { try await shop.receive("LAMP", quantity) }
            #expect(try await resumed.next(3).map(\.id) == ["5", "6", "7"])
            try await resumed.leave(shop)
        }
    }

    @Test("Lines can be followed as well, from wherever it was")
    func lines() async throws {
        try await TestShop.open { shop in
            try await shop.register("LAMP", "Lamp", price: "2.55")
            try await shop.receive("LAMP", 1)
            let connection = try Connection(port: shop.queries.port)
            try await connection.send(
                "GET /events?after=1&follow=true HTTP/1.1\r\nHost: shop\r\nAccept: application/x-ndjson\r\n\r\n")
            #expect(try await connection.head().headers["content-type"] == "application/x-ndjson")
            var text = ""
            for quantity in 2...4 {
                try await shop.receive("LAMP", quantity)
                while text.split(separator: "\n").count < quantity {
                    text += String(decoding: try #require(try await connection.chunk()), as: UTF8.self)
                }
            }
            let events = try text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
            #expect(events == (try await shop.get("/events?after=1").json["items"].items))
        }
    }

    @Test("A thousand follow at once, some of whom read nothing: each of the others gets everything, in order")
    func thousand() async throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        try await TestShop.open { shop in
            try await shop.register("LAMP", "Lamp", price: "2.55")
            var readers: [Connection] = []
            for _ in 0..<1_000 {
                let reader = try Connection(port: shop.queries.port)
                try await reader.send("GET /events HTTP/1.1\r\nHost: shop\r\nAccept: text/event-stream\r\n\r\n")
                readers.append(reader)
            }
            for reader in readers { #expect(try await reader.head().status == 200) }
            for quantity in 1...20 { try await shop.receive("LAMP", quantity) }
            for reader in readers[100...] {
                var text = ""
                while !text.contains("\nid: 21\n") {
                    text += String(decoding: try #require(try await reader.chunk()), as: UTF8.self)
                }
                let ids = text.split(separator: "\n").filter { $0.hasPrefix("id: ") }.map { $0.dropFirst(4) }
                #expect(ids == (1...21).map { Substring("\($0)") })
            }
        }
    }

    @Test("A filtered follower gets only what it asked for")
    func filtered() async throws {
        try await TestShop.open { shop in
            try await shop.register("LAMP", "Lamp", price: "2.55")
            let follower = try await Follower(shop, "/events?type=stock.received&stream=stock-VASE&after=1")
            try await shop.receive("LAMP", 2)
            try await shop.register("VASE", "Vase", price: "2.55")
            try await shop.receive("VASE", 2)
            try await shop.receive("LAMP", 2)
            try await shop.receive("VASE", 3)
            #expect(try await follower.next(2).map(\.id) == ["4", "6"])
            try await follower.leave(shop, sku: "VASE")
        }
    }
}

/// A client of the live feed.
final class Follower {
    struct Event {
        let id: String
        let event: String
        let data: JSONValue
    }

    let head: HTTPAnswer
    private var connection: Connection?
    private var pending = ""

    init(_ shop: TestShop, _ path: String, _ headers: Headers = [:]) async throws {
        let connection = try Connection(port: shop.queries.port)
        let lines =
            ["GET \(path) HTTP/1.1", "Host: shop", "Accept: text/event-stream"] + headers.map { "\($0): \($1)" }
        try await connection.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
        head = try await connection.head()
        self.connection = connection
    }

    /// The next events; comments are passed over.
    func next(_ count: Int) async throws -> [Event] {
        var events: [Event] = []
        while events.count < count {
            if let end = pending.firstRange(of: "\n\n") {
                let block = pending[..<end.lowerBound]
                pending.removeSubrange(..<end.upperBound)
                if let event = try Self.event(block) { events.append(event) }
            } else {
                pending += String(decoding: try #require(try await connection?.chunk()), as: UTF8.self)
            }
        }
        return events
    }

    private static func event(_ block: Substring) throws -> Event? {
        var fields: [String: String] = [:]
        for line in block.split(separator: "\n") where !line.hasPrefix(":") {
            let parts = line.split(separator: ": ", maxSplits: 1)
            fields[String(parts[0])] = String(parts[1])
        }
        guard let id = fields["id"], let event = fields["event"], let data = fields["data"] else { return nil }
        return Event(id: id, event: event, data: try JSONValue(parsing: data))
    }

    /// Goes away, and lets something happen: the server notices when it writes.
    func leave(_ shop: TestShop, sku: String = "LAMP") async throws {
        connection = nil
        try await shop.receive(sku, 1)
    }
}
