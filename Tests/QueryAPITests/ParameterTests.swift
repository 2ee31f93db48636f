import HTTPService
import QueryAPI
import TestSupport
import Testing

@Suite("Parameters that a request does not have", .serialized)
struct ParameterTests {
    @Test("An unknown parameter is refused wherever questions are asked")
    func unknown() async throws {
        try await TestShop.open { shop in
            try await shop.register("LAMP", "Lamp", price: "1")
            try await shop.receive("LAMP", 1)
            let order = try await shop.order("C", [("LAMP", 1)])
            for path in [
                "/catalog/products", "/catalog/products/LAMP", "/search?q=lamp", "/carts/C", "/orders",
                "/orders/\(order)", "/orders/\(order)/history",
                "/stock/LAMP", "/stock/LAMP/movements", "/stock/LAMP/why", "/reports/sales?by=month", "/events",
                "/streams/stock-LAMP",
            ] {
                #expect(try await shop.ask(path).status == 200, "\(path)")
                try await shop.expectProblem(400, "unknown_parameter", path + (path.contains("?") ? "&" : "?") + "on=5")
            }
            // Where the past can't be asked for, the present must not be taken for it.
            for path in ["/catalog/products", "/orders", "/stock/LAMP/movements", "/events", "/streams/stock-LAMP"] {
                try await shop.expectProblem(400, "unknown_parameter", path + "?at=5")
            }
        }
    }

    @Test("A cursor of another list is refused rather than taken for the beginning or the end")
    func foreignCursors() async throws {
        try await TestShop.open { shop in
            try await shop.register("LAMP", "Lamp", price: "1")
            try await shop.receive("LAMP", 1)
            #expect(await shop.isCaughtUp())
            let words = "WyJhIiwiYiJd"  // ["a","b"]
            for path in [
                "/orders?", "/stock/LAMP/movements?", "/catalog/products?sort=price&", "/catalog/products?sort=newest&",
                "/search?q=lamp&", "/reports/sales?by=month&",
            ] {
                try await shop.expectProblem(400, "invalid_parameter", "\(path)cursor=\(words)")
            }
        }
    }

    @Test("A facet that is asked for twice is counted once")
    func facets() async throws {
        try await TestShop.open { shop in
            try await shop.register("LAMP", "Lamp", price: "1", #","brand":"Acme""#)
            let answer = try await shop.ask("/search?q=lamp&facets=brand,brand")
            #expect(answer.text.split(separator: #""brand":["#).count == 2, "\(answer.text)")
        }
    }

    @Test("HEAD is answered as GET, without a body")
    func head() async throws {
        try await TestShop.open { shop in
            for (port, path) in [
                (shop.queries.port, "/health"), (shop.commands.port, "/health"),
                (shop.queries.port, "/catalog/products"),
            ] {
                let answer = try await shop.request("HEAD", path, port: port)
                #expect(answer.status == 200, "\(path)")
                #expect(answer.headers["content-type"] == "application/json; charset=utf-8")
            }
        }
    }
}
