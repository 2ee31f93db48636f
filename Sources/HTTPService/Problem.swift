package import HTTPTypes
package import Hummingbird
package import JSON
import NIOCore

/// An error as it is answered: RFC 9457, `application/problem+json`.
package struct Problem: Error, Sendable {
    package let status: HTTPResponse.Status
    /// Stable, for programs.
    package let code: String
    /// For people: what happened, to which thing, what to do next.
    package let detail: String
    /// Where in the body the value stands, as a JSON pointer (RFC 6901).
    package let pointer: String?
    package let headers: HTTPFields
    private let more: (@Sendable (inout JSONWriter) -> Void)?

    /// - Parameter more: writes further fields.
    package init(
        _ status: HTTPResponse.Status, _ code: String, _ detail: String, pointer: String? = nil,
        headers: HTTPFields = [:],
        more: (@Sendable (inout JSONWriter) -> Void)? = nil
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.pointer = pointer
        self.headers = headers
        self.more = more
    }

    /// The fields of the problem, without the braces around them.
    package func write(to writer: inout JSONWriter) {
        writer.field("status", Int64(status.code))
        writer.field("code", code)
        writer.field("title", status.reasonPhrase)
        writer.field("detail", detail)
        if let pointer { writer.field("pointer", pointer) }
        more?(&writer)
    }

    package var response: Response {
        var headers = headers
        headers[.contentType] = "application/problem+json"
        let json = JSONWriter.object { write(to: &$0) }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: json)))
    }
}

extension Problem {
    /// Come back in `seconds`.
    package static func unavailable(_ code: String, _ detail: String, retryAfterSeconds seconds: Int) -> Problem {
        Problem(.serviceUnavailable, code, detail, headers: [.retryAfter: String(seconds)])
    }

    package static func notFound(_ code: String, _ detail: String) -> Problem {
        Problem(.notFound, code, detail)
    }

    package static func badRequest(_ code: String, _ detail: String) -> Problem {
        Problem(.badRequest, code, detail)
    }
}
