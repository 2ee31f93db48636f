import HTTPTypes
package import Hummingbird
import Logging
import NIOHTTP1

/// Answers every error as a problem. One that nobody expected is logged, and tells the client nothing of the inside.
package struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    private let operations: [Operation]

    /// - Parameter operations: what the API serves, to tell a wrong method from a wrong path.
    package init(_ operations: [Operation]) { self.operations = operations }

    package func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as Problem {
            return problem.response
        } catch let error as HTTPError {
            return problem(error.status, request).response
        } catch let error as any HTTPResponseError {
            return problem(error.status, request).response
        } catch let error as HTTPParserError {
            throw error  // The connection is beyond answering through a route; the server answers 400 and closes it.
        } catch {
            context.logger.error(
                "a request failed",
                metadata: ["method": "\(request.method)", "path": "\(request.uri.path)", "error": "\(error)"])
            return Problem(
                .internalServerError, "internal_error",
                "Daybook failed on this request. Its log has the reason; the request may be sent again with the same key."
            ).response
        }
    }

    private func problem(_ status: HTTPResponse.Status, _ request: Request) -> Problem {
        switch status {
        case .notFound: notFound(request)
        case .contentTooLarge: Problem(status, "body_too_large", "The body is larger than this request may have.")
        default: Problem(status, "http_\(status.code)", status.reasonPhrase)
        }
    }

    private func notFound(_ request: Request) -> Problem {
        let path = request.uri.path
        let methods = path == "/openapi.json" ? ["GET"] : operations.filter { $0.isAt(path) }.map(\.method)
        guard let method = methods.first, method != request.method.rawValue else {
            return Problem(
                .notFound, "unknown_path",
                "There is nothing at \(request.method) \(path). /openapi.json lists what there is.")
        }
        return Problem(
            .methodNotAllowed, "method_not_allowed", "\(path) takes \(method), not \(request.method).",
            headers: [.allow: method])
    }
}
