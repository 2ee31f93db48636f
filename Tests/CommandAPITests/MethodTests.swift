import TestSupport
import Testing

@Suite("Methods that a path does not take", .serialized)
struct MethodTests {
    @Test("A path that exists refuses another method and says which it takes")
    func methodNotAllowed() async throws {
        try await withShop { shop in
            for (method, path, allowed) in [
                ("GET", "/commands", "POST"), ("GET", "/commands/receive-stock", "POST"),
                ("DELETE", "/commands", "POST"),
                ("DELETE", "/health", "GET"), ("PUT", "/openapi.json", "GET"),
            ] {
                let answer = try await shop.request(method, path, port: shop.commands.port)
                #expect(answer.status == 405, "\(method) \(path)")
                #expect(answer.json["code"] == "method_not_allowed", "\(method) \(path)")
                #expect(answer.headers["content-type"] == "application/problem+json")
                #expect(answer.headers["allow"] == allowed, "\(method) \(path)")
            }
        }
    }
}
