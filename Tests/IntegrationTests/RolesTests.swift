import Foundation
import Testing

@Suite("Roles in processes of their own")
struct RolesTests {
    @Test("Queries beside commands, in another process on the same directory, see what was written")
    func separate() async throws {
        let directory = try TemporaryDirectory()
        let writing = try Child(
            ["serve", "--data", "data", "--roles", "command", "--command-port", "0", "--demo"], in: directory.path)
        #expect(writing.printed("command API on "))
        let commands = try #require(writing.output.split(separator: "\n").first?.dropFirst("command API on ".count))
        let reading = try Child(
            ["serve", "--data", "data", "--roles", "query,project", "--query-port", "0"], in: directory.path)
        #expect(reading.printed("query API on "))
        let queries = try #require(reading.output.split(separator: "\n").first?.dropFirst("query API on ".count))

        for count in 1...3 {
            let added = try await HTTP.post(
                "\(commands)/commands/add-to-cart", #"{"cart":"mine","sku":"LAN-01","quantity":2}"#)
            let cart = try await HTTP.get("\(queries)/carts/mine", position: added.headers["daybook-position"])
            #expect((cart.json["lines"] as? [[String: Any]])?.first?["quantity"] as? Int == 2 * count)
            let stream = try await HTTP.get("\(queries)/streams/cart-mine")
            #expect((stream.json["items"] as? [Any])?.count == count)
        }
        let third = try Program.run(["serve", "--data", "data", "--roles", "project"], in: directory.path)
        #expect(third.status == 3)
        #expect(third.errors.contains("feeds the read models"), "\(third.errors)")
        for child in [reading, writing] {
            child.send(SIGTERM)
            child.waitUntilEnd()
            #expect(child.status == 0)
        }
    }
}
