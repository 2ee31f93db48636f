import Foundation
import HTTPService
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import TestSupport

/// A server that webhooks are sent to: keeps what it got, and answers what the test tells it to.
final class Receiver: Sendable {
    struct Message: Sendable {
        let headers: [String: String]
        let body: [UInt8]

        var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
        var position: Int64 { json["data"]["position"].number ?? 0 }
        var id: String { headers["webhook-id"] ?? "" }
    }

    // A struct, not a tuple: a function within a tuple is wrapped once more each time that it passes through a generic such as
    // Mutex, and a hundred thousand wrappers are more than the stack has room to let go of.
    private struct State {
        var messages: [Message] = []
        var answer: @Sendable (Message) -> HTTPResponse.Status = { _ in .ok }
    }

    private let state = Mutex(State())

    /// All there were, refused or not, in order.
    var messages: [Message] { state.withLock { $0.messages } }

    func answer(_ answer: @escaping @Sendable (Message) -> HTTPResponse.Status) {
        state.withLock { $0.answer = answer }
    }

    /// Serves `/hook` for as long as `body` runs.
    func serve<R>(_ body: (_ url: String) async throws -> R) async throws -> R {
        let router = Router(context: BasicRequestContext.self)
        router.post("/hook") { [self] request, _ in
            let bytes = Array(try await request.body.collect(upTo: 1 << 20).readableBytesView)
            let headers = request.headers.reduce(into: [:]) { $0[$1.name.canonicalName] = $1.value }
            let message = Message(headers: headers, body: bytes)
            let status = state.withLock { state in
                state.messages.append(message)
                return state.answer(message)
            }
            return Response(status: status, headers: status == .found ? [.location: "/elsewhere"] : [:])
        }
        let server = try await RunningServer("test-receiver", router)
        let result: Result<R, any Error>
        do { result = .success(try await body("http://127.0.0.1:\(server.port)/hook")) } catch {
            result = .failure(error)
        }
        try await server.stop()
        return try result.get()
    }
}
