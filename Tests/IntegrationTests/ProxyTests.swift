import Foundation
import TestTools
import Testing

@Suite("Behind a proxy", .serialized, .enabled(if: TemporaryProxy.Kind.areInstalled, "nginx and haproxy are needed"))
struct ProxyTests {
    @Test(
        "No malformed request is read as two, none is accepted unseen, and the next client gets its own answer",
        arguments: TemporaryProxy.Kind.allCases)
    func malformed(_ kind: TemporaryProxy.Kind) async throws {
        let directory = try TemporaryDirectory()
        let server = try Server(data: "data", in: directory.path)
        let upstream = try #require(server.commands.split(separator: ":").last.flatMap { Int($0) })
        let registered = try await HTTP.post(
            server.commands + "/commands/register-product", #"{"sku":"LAMP","name":"Lamp"}"#)
        #expect(registered.status == 201)
        let proxy = try TemporaryProxy(kind, upstream: upstream)
        defer { proxy.stop() }
        var accepted = 0
        for (number, request) in MalformedRequest.all().enumerated() {
            let exchange = try await onOwnThread {
                try RawExchange(request.bytes, port: proxy.port, endsEarly: request.endsEarly, secondsMax: 10)
            }
            // The proxy may have made a good request of it, or none at all; what it passed on was answered as one.
            accepted += exchange.received.firstRange(of: Array(#"{"position":"#.utf8)) == nil ? 0 : 1
            #expect(exchange.statuses.count <= 1, "\(request.name): \(exchange.statuses)")
            #expect(
                exchange.statuses.allSatisfy { $0 < 500 || [501, 502, 504, 505].contains($0) },
                "\(request.name): \(exchange.statuses)")
            // The kept connection to the server is not out of step: its answer names what this client asked for.
            let probe = Array("POST /commands/probe-\(number) HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n".utf8)
            let answer = try await onOwnThread { try RawExchange(probe, port: proxy.port) }
            #expect(answer.statuses == [404], "after \(request.name): \(answer.statuses)")
            let text = String(decoding: answer.received, as: UTF8.self)
            #expect(text.contains("\"probe-\(number)\\\""), "after \(request.name): \(text)")
        }
        let events = try await HTTP.get(server.queries + "/events?type=stock.received&limit=1000")
        #expect((events.json["items"] as? [Any])?.count == accepted)
        print("behind \(kind): \(accepted) of \(MalformedRequest.count) made good by the proxy")
        #expect(server.stop() == 0)
    }
}
