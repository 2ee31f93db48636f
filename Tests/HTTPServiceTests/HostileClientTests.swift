import EventStore
import Foundation
import HTTPService
import TestSupport
import TestTools
import Testing

@Suite("Hostile clients of a whole shop", .serialized)
struct HostileClientTests {
    @Test("600 malformed requests are answered 4xx or closed, move nothing, and disturb nobody")
    func malformed() async throws {
        try await withShop { shop in
            let requests = MalformedRequest.all()
            #expect(requests.count == 600)
            let before = try shop.store.log.refreshHead()
            let neighbour = try Connection(port: shop.commands.port)
            for request in requests {
                let exchange = try await onOwnThread {
                    try RawExchange(request.bytes, port: shop.commands.port, endsEarly: request.endsEarly)
                }
                #expect(
                    exchange.statuses.allSatisfy { (400..<500).contains($0) }, "\(request.name): \(exchange.statuses)")
                #expect(exchange.statuses.count <= 1, "\(request.name): \(exchange.statuses)")
                #expect(exchange.isClosed, "\(request.name): open after \(exchange.seconds) s")
                #expect(try shop.store.log.refreshHead() == before, "\(request.name) was accepted")
                try await neighbour.send("GET /health HTTP/1.1\r\nHost: shop\r\n\r\n")
                let health = try await neighbour.answer()
                #expect(health.status == 200, "\(request.name) disturbed a neighbour")
            }
            #expect(try await shop.command("receive-stock", MalformedRequest.body).status == 201)
        }
    }

    @Test("200 connections that drip a byte at a time do not disturb a good one, and are cut off in time")
    func dripping() async throws {
        var limits = ServerLimits()
        limits.headSecondsMax = 2
        limits.bodySecondsMax = 2
        limits.checkSeconds = 0.1
        try await withShop(limits, inHand: 10...10) { shop in
            let heads = [
                "GET /health HTTP/1.1\r\n",
                "POST /commands/receive-stock HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n",
            ]
            let dripping = try (0..<200).map { _ in try Connection(port: shop.commands.port) }
            for (index, connection) in dripping.enumerated() { try await connection.send(heads[index % 2]) }
            for round in 0..<10 {
                for connection in dripping { try await connection.send("x") }
                let answer = try await shop.command(
                    "receive-stock", MalformedRequest.body, ["Idempotency-Key": "good-\(round)"])
                #expect(answer.status / 100 == 2, "round \(round)")
            }
            for connection in dripping {
                let answer = try await connection.answer()
                #expect(answer.status == 408)
                #expect(answer.json["code"] == .text("request_timeout"))
                #expect(try await connection.isClosed())
            }
        }
    }

    @Test("A client that takes nothing of a long answer is cut off, and one that takes it slowly is served")
    func slowReader() async throws {
        var limits = ServerLimits()
        limits.windowSeconds = 5
        limits.checkSeconds = 0.1
        limits.connectionsMax = 2
        try await withShop(limits) { shop in
            try await shop.registerProducts(2_000, descriptionBytes: 4_000)
            let idle = try Connection(port: shop.queries.port)
            let request = "GET /events HTTP/1.1\r\nHost: shop\r\nAccept: application/x-ndjson\r\n\r\n"
            try await idle.send(request)
            let slow = try Connection(port: shop.queries.port)
            // Its last chunk comes: it was not cut off.
            #expect(try await slow.answer(to: request).status == 200)
            // Both connections are counted until the idle one is cut; only then there is room for a third.
            while try await shop.request("GET", "/health", port: shop.queries.port).status == 503 {}
            await #expect(throws: (any Error).self) {
                _ = try await idle.head()
                while try await idle.chunk() != nil {}
            }
        }
    }

    @Test("A client that takes a little in each window, far less than sockets hold between them, is served")
    func steadyReader() async throws {
        var limits = ServerLimits()
        limits.windowSeconds = 4
        limits.checkSeconds = 0.1
        try await withShop(limits) { shop in
            // More than the sockets at both ends hold.
            try await shop.registerProducts(1_200, descriptionBytes: 14_000)
            let steady = try Connection(port: shop.queries.port)
            try await steady.send("GET /events HTTP/1.1\r\nHost: shop\r\nAccept: application/x-ndjson\r\n\r\n")
            for _ in 0..<10 {
                _ = try await steady.some()
                // What is tested is the time that this takes: more than a window in all, much less at a time.
                try await Task.sleep(for: .milliseconds(500))
            }
            var last: [UInt8] = []
            while !last.ends(with: "\r\n0\r\n\r\n".utf8) { last = last.suffix(6) + (try await steady.some()) }
        }
    }

    @Test("Connections beyond the most there may be are answered 503 with Retry-After, and those there are go on")
    func tooManyConnections() async throws {
        var limits = ServerLimits()
        limits.connectionsMax = 20
        try await withShop(limits) { shop in
            let held = try (0..<20).map { _ in try Connection(port: shop.commands.port) }
            for connection in held {
                try await connection.send("GET /health HTTP/1.1\r\nHost: shop\r\n\r\n")
                #expect(try await connection.answer().status == 200)
            }
            for _ in 0..<10 {
                let answer = try await shop.request("GET", "/health", port: shop.commands.port)
                #expect(answer.status == 503)
                #expect(answer.headers["retry-after"] == "1")
                #expect(answer.json["code"] == .text("too_many_connections"))
            }
            try await held[0].send("GET /health HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
            #expect(try await held[0].answer().status == 200)
            #expect(try await held[0].isClosed())
        }
    }

    private func withShop<R>(
        _ limits: ServerLimits = ServerLimits(), inHand: ClosedRange<Int> = 64...1_024,
        _ body: (TestShop) async throws -> R
    ) async throws -> R {
        var setup = TestShop.Setup()
        setup.projects = false
        setup.limits = limits
        setup.commandsInHand = inHand
        return try await TestShop.open(setup) { shop in
            try await shop.accept("register-product", #"{"sku":"LAMP","name":"Lamp"}"#)
            return try await body(shop)
        }
    }
}

extension TestShop {
    /// Makes the log long: an event for each product.
    fileprivate func registerProducts(_ count: Int, descriptionBytes: Int) async throws {
        let description = String(repeating: "d", count: descriptionBytes)
        for number in 0..<count {
            try await accept(
                "register-product", #"{"sku":"P\#(number)","name":"Product","description":"\#(description)"}"#)
        }
    }
}

extension [UInt8] {
    fileprivate func ends(with end: some Collection<UInt8>) -> Bool { suffix(end.count).elementsEqual(end) }
}
