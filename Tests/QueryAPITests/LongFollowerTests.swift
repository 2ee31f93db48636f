import EventStore
import TestSupport
import TestTools
import Testing

@Suite("Followers which stay, and which ask for what can't be", .serialized)
struct LongFollowerTests {
    @Test("A server stops although somebody follows")
    func shutdown() async throws {
        try await TestShop.open { shop in
            try await shop.register("LAMP", "Lamp", price: "1")
            let follower = try await Follower(shop, "/events")
            _ = try await follower.next(1)
            let stopped = Watermark()
            let server = shop.queries
            let stopping = Task {
                try await server.stop()
                stopped.advance(to: 1)
            }
            #expect(await stopped.reached(1, within: .patience))
            // Where it did not: the follower leaves, and is noticed.
            try await follower.leave(shop)
            try await stopping.value
        }
    }

    @Test(
        "The largest Last-Event-ID there is harms nobody", arguments: ["18446744073709551615", "18446744073709551614"])
    func largestID(_ id: String) async throws {
        // In a process of its own: an overflow ends the process.
        await #expect(processExitsWith: .success) { [id] in
            try await TestShop.open { shop in
                try await shop.register("LAMP", "Lamp", price: "1")
                let connection = try Connection(port: shop.queries.port)
                try await connection.send(
                    "GET /events HTTP/1.1\r\nHost: shop\r\nAccept: text/event-stream\r\nLast-Event-ID: \(id)\r\n\r\n")
                _ = try await connection.head()
                #expect(try await shop.get("/health").status == 200)
            }
        }
    }

    @Test("A Last-Event-ID which is none is refused", arguments: ["x", "-1", "1.5", "18446744073709551616"])
    func malformedID(_ id: String) async throws {
        try await TestShop.open { shop in
            try await shop.register("LAMP", "Lamp", price: "1")
            let follower = try await Follower(shop, "/events?after=1", ["Last-Event-ID": id])
            #expect(follower.head.status == 400)
            #expect(follower.head.headers["content-type"] == "application/problem+json")
            try await follower.leave(shop)
        }
    }
}
