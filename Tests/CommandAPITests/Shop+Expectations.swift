import EventStore
import TestSupport
import Testing

/// A shop that knows lamps, and has none in stock yet; its read models stand still.
func withShop<R>(_ body: (TestShop) async throws -> R) async throws -> R {
    var setup = TestShop.Setup()
    setup.projects = false
    return try await TestShop.open(setup) { shop in
        try await shop.registerProducts()
        return try await body(shop)
    }
}

extension TestShop {
    func registerProducts() async throws {
        try await accept(
            "register-product", #"{"sku":"LAMP","name":"Lamp","price":{"amount":"2.55","currency":"GBP"}}"#)
        try await accept("register-product", #"{"sku":"POST","name":"Postage","kind":"charge"}"#)
        try await accept("register-product", #"{"sku":"BARE","name":"Without a price"}"#)
    }

    /// Whatever is answered, the log stands where it stood.
    func leavingNoTrace(
        _ comment: Comment, _ place: SourceLocation = #_sourceLocation, _ request: () async throws -> HTTPAnswer
    ) async throws -> HTTPAnswer {
        let before = try store.log.refreshHead()
        let answer = try await request()
        #expect(try store.log.refreshHead() == before, comment, sourceLocation: place)
        return answer
    }

    /// The request is answered with the problem, complete, and leaves no trace.
    @discardableResult
    func expectProblem(
        _ status: Int, _ code: String, pointer: String? = nil, _ comment: Comment,
        _ place: SourceLocation = #_sourceLocation, _ request: () async throws -> HTTPAnswer
    ) async throws -> JSONValue {
        let answer = try await leavingNoTrace(comment, place, request)
        let problem = answer.json
        #expect(answer.status == status, "\(comment): \(answer.text)", sourceLocation: place)
        #expect(problem["status"] == .number(Int64(status)), comment, sourceLocation: place)
        #expect(problem["code"] == .text(code), "\(comment): \(answer.text)", sourceLocation: place)
        #expect(problem["pointer"].text == pointer, "\(comment): \(answer.text)", sourceLocation: place)
        #expect(answer.headers["content-type"] == "application/problem+json", comment, sourceLocation: place)
        #expect(problem["title"].text?.isEmpty == false, comment, sourceLocation: place)
        #expect((problem["detail"].text ?? "").count > 10, "says what happened: \(comment)", sourceLocation: place)
        return problem
    }
}
