import EventStore
import HTTPService
import QueryAPI
import Subscriptions
import TestSupport
import Testing

@testable import Projections

@Suite("Waiting, readiness and the rest that operators look at", .serialized)
struct OperationTests {
    private static func still(waiting milliseconds: Int = 20) -> TestShop.Setup {
        var setup = TestShop.Setup()
        setup.projects = false
        setup.query.waitMilliseconds = milliseconds
        return setup
    }

    @Test("A question with Daybook-Position waits until the read model is there, and is then answered")
    func waits() async throws {
        // Longer than any test takes, so that only the model's coming ends the wait.
        try await TestShop.open(Self.still(waiting: 60_000)) { shop in
            try await shop.register("LAMP", "Lamp", price: "1")
            async let waiting = shop.get("/catalog/products/LAMP", ["Daybook-Position": "1"])
            let projector = Projector(shop.models.catalog, store: shop.store, logger: .silent)
            #expect(
                try await shop.get("/catalog/products/LAMP").status == 404, "without a position nothing is waited for")
            projector.start()
            let answer = try await waiting
            #expect(answer.status == 200)
            #expect(answer.headers["daybook-position"] == "1")
            await projector.stop()
        }
    }

    @Test("A read model that does not come so far in time is a reason to come back")
    func behind() async throws {
        try await TestShop.open(Self.still()) { shop in
            try await shop.register("LAMP", "Lamp", price: "1")
            let paths = [
                "/catalog/products", "/catalog/products/LAMP", "/search?q=lamp", "/carts/C", "/orders", "/orders/O",
                "/stock/LAMP",
                "/stock/LAMP/movements", "/reports/sales?by=month",
            ]
            for path in paths {
                for position in ["1", "2", "18446744073709551615"] {
                    let answer = try await shop.get(path, ["Daybook-Position": position])
                    #expect(answer.status == 503, "\(path)")
                    #expect(answer.json["code"] == "read_model_behind", "\(path)")
                    #expect(answer.headers["retry-after"] == "1", "\(path)")
                }
                try await shop.expectProblem(400, "invalid_position", path, ["Daybook-Position": "-1"])
                try await shop.expectProblem(400, "invalid_position", path, ["Daybook-Position": "latest"])
                #expect(try await shop.get(path, ["Daybook-Position": "0"]).status != 503)
            }
        }
    }

    @Test("A question to the log waits as well, for what another machine may have appended")
    func logBehind() async throws {
        try await TestShop.open(Self.still()) { shop in
            try await shop.register("LAMP", "Lamp", price: "1")
            for path in ["/events", "/streams/product-LAMP"] {
                #expect(try await shop.get(path, ["Daybook-Position": "1"]).status == 200, "\(path)")
                let answer = try await shop.get(path, ["Daybook-Position": "2"])
                #expect(answer.status == 503, "\(path)")
                #expect(answer.json["code"] == "log_behind", "\(path)")
                #expect(answer.headers["retry-after"] == "1", "\(path)")
                try await shop.expectProblem(400, "invalid_position", path, ["Daybook-Position": "-1"])
            }
        }
        try await TestShop.open(Self.still(waiting: 60_000)) { shop in
            try await shop.register("LAMP", "Lamp", price: "1")
            async let waiting = shop.get("/events", ["Daybook-Position": "2"])
            try await shop.receive("LAMP", 1)
            #expect(try await waiting.json["items"].each("position") == [1, 2])
        }
    }

    @Test("What was just accepted is what the next question sees")
    func readYourOwnWrites() async throws {
        try await TestShop.open { shop in
            try await shop.register("LAMP", "Lamp", price: "1")
            for quantity in 1...25 {
                let accepted = try await shop.command(
                    "receive-stock", #"{"sku":"LAMP","location":"main","quantity":1}"#)
                let position = try #require(accepted.headers["daybook-position"])
                for (path, names) in [
                    ("/stock/LAMP", ["available"]), ("/catalog/products/LAMP", ["stock", "available"]),
                ] {
                    let shown = try await shop.get(path, ["Daybook-Position": position]).json
                    #expect(names.reduce(shown) { $0[$1] } == .number(Int64(quantity)))
                }
            }
        }
    }

    @Test("The process is alive, whatever its read models do, and ready while they are close to the log")
    func ready() async throws {
        var setup = Self.still()
        setup.query.lagMax = 1
        try await TestShop.open(setup) { shop in
            for server in [shop.commands, shop.queries] {
                #expect(try await shop.request("GET", "/health", port: server.port).json == ["status": "alive"])
                #expect(try await shop.request("GET", "/ready", port: server.port).json == ["status": "ready"])
            }
            try await shop.register("LAMP", "Lamp", price: "1")
            #expect(try await shop.get("/ready").status == 200)
            try await shop.receive("LAMP", 1)
            try await shop.expectProblem(503, "not_ready", "/ready")
            #expect(try await shop.get("/ready").headers["retry-after"] == "1")
            #expect(try await shop.get("/health").status == 200)
            try shop.models.catchUp(with: shop.store)
            #expect(try await shop.get("/ready").status == 200)
        }
    }

    @Test("A projection which stopped is named, and its answers are marked as stale")
    func stopped() async throws {
        try await TestShop.open(Self.still()) { shop in
            try await shop.register("LAMP", "Lamp", price: "1")
            try shop.models.catchUp(with: shop.store)
            #expect(try await shop.get("/catalog/products/LAMP").headers["daybook-stale"] == nil)
            shop.models.catalog.stoppedBy = ProjectionFailure(after: Position(rawValue: 1), message: "it tripped")
            try await shop.expectProblem(503, "not_ready", "/ready")
            let ready = try await shop.get("/ready").json["detail"].text ?? ""
            #expect(ready.contains("catalog") && ready.contains("it tripped"))
            let shown = try await shop.get("/catalog/products/LAMP")
            #expect(shown.status == 200)
            #expect(shown.headers["daybook-stale"] == "true")
            #expect(try await shop.get("/catalog/products").headers["daybook-stale"] == "true")
            #expect(try await shop.get("/search?q=lamp").headers["daybook-stale"] == nil)
            let catalog = try await shop.get("/status").json["projections"].items.first { $0["name"] == "catalog" }
            #expect(catalog?["stoppedBy"] == "it tripped")
            #expect(
                try await shop.get("/metrics").text.contains("daybook_projection_stopped{projection=\"catalog\"} 1\n"))
        }
    }

    @Test("Status and metrics tell the head, and of every projection where it stands")
    func status() async throws {
        try await TestShop.open(Self.still()) { shop in
            try await shop.register("LAMP", "Lamp", price: "1")
            try await shop.receive("LAMP", 1)
            let projectors = try shop.models.projectors(of: shop.store, logger: .silent)
            try projectors[0].catchUp()
            let status = try await shop.get("/status").json
            #expect(status["head"] == 2)
            #expect((status["log"]["bytes"].number ?? 0) > 0)
            #expect(status["projections"].each("name").compactMap(\.text) == ReadModels.names)
            #expect(status["projections"].each("lag") == [0, 2, 2, 2, 2, 2])
            #expect(status["projections"].each("position") == [2, 0, 0, 0, 0, 0])
            #expect(status["projections"].items.allSatisfy { ($0["bytes"].number ?? 0) > 0 && $0["stoppedBy"] == nil })
            let metrics = try await shop.get("/metrics")
            #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4")
            #expect(metrics.text.contains("daybook_log_head_position 2\n"))
            #expect(metrics.text.contains("daybook_projection_lag_events{projection=\"carts\"} 2\n"))
            expectPrometheus(metrics.text)
        }
    }

    /// Each sample is a number, and follows the help and the type of its name.
    private func expectPrometheus(_ text: String) {
        var described: Set<Substring> = []
        #expect(text.hasSuffix("\n"))
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# TYPE ") {
                described.insert(words[2])
                #expect(words[3] == "gauge")
            } else if !line.hasPrefix("# HELP ") {
                #expect(words.count == 2 && Double(words[1]) != nil, "\(line)")
                #expect(described.contains(words[0].prefix { $0 != "{" }), "\(line)")
            }
        }
        #expect(described.count == 8)
    }

    @Test("/openapi.json has every route that is served, and every parameter that it describes is taken")
    func openAPI() async throws {
        try await TestShop.open { shop in
            let answer = try await shop.get("/openapi.json")
            #expect(answer.status == 200)
            let paths = answer.json["paths"]
            #expect(answer.json["openapi"] == "3.1.0")
            #expect(paths.names == Set(QueryAPI.operations.map(\.path)))
            try await shop.register("LAMP", "Lamp", price: "1")
            try await shop.receive("LAMP", 1)
            let order = try await shop.order("C", [("LAMP", 1)])
            let samples = [
                "q": "lamp", "facets": "brand", "minPrice": "0", "maxPrice": "10", "inStock": "false", "limit": "3",
                "status": "placed",
                "from": "2020-01-01T00:00:00Z", "to": "2040-01-01T00:00:00Z", "by": "month", "after": "0",
                "type": "stock.received",
                "stream": "stock-LAMP", "currency": "GBP", "at": shop.store.log.headPosition.description,
            ]
            try SubscriptionStore(in: shop.store.directory).add(try Subscription(name: "billing"), from: .start)
            for operation in QueryAPI.operations where operation.path != "/ready" && operation.method == "GET" {
                var path = operation.path
                for (name, value) in [
                    "id": operation.path.hasPrefix("/carts") ? "C" : order, "sku": "LAMP", "stream": "stock-LAMP",
                    "name": "billing",
                ] {
                    path = path.replacing("{\(name)}", with: value)
                }
                for name in operation.queryNames where name != "cursor" {
                    let value =
                        samples[name] ?? (name == "sort" ? (operation.path == "/reports/sales" ? "net" : "name") : "x")
                    path += (path.contains("?") ? "&" : "?") + "\(name)=\(value)"
                }
                let taken = try await shop.ask(path)
                #expect(taken.status == 200, "\(path): \(taken.text)")
                let described = paths[operation.path]["get"]["parameters"].items
                #expect(described.filter { $0["in"] == "path" }.allSatisfy { $0["required"] == true }, "\(path)")
            }
        }
    }

    @Test("A path that the API does not have is a problem too")
    func unknownPath() async throws {
        try await TestShop.open(Self.still()) { shop in
            for path in [
                "/", "/catalog", "/products", "/stock", "/stock/LAMP/locations", "/commands", "/orders/1/lines",
            ] {
                try await shop.expectProblem(404, "unknown_path", path)
            }
        }
    }

    @Test("One connection serves question after question")
    func keepAlive() async throws {
        try await TestShop.open(Self.still()) { shop in
            let connection = try Connection(port: shop.queries.port)
            for path in ["/health", "/catalog/products", "/nothing", "/events", "/metrics", "/health"] {
                try await connection.send("GET \(path) HTTP/1.1\r\nHost: shop\r\n\r\n")
                #expect(try await connection.answer().status == (path == "/nothing" ? 404 : 200))
            }
            try await connection.send("nonsense\r\n\r\n")
            #expect(try await connection.answer().status == 400)
            #expect(try await connection.isClosed())
        }
    }
}
