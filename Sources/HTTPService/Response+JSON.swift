package import HTTPTypes
package import Hummingbird
import NIOCore

extension Response {
    package static func json(
        _ bytes: [UInt8], status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = "application/json; charset=utf-8"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension HTTPField.Name {
    private static func named(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("a token of RFC 9110") }
        return name
    }

    /// Asked: how far a read model must have come. Answered: how far it has, or where a command's last event stands.
    package static let daybookPosition = named("Daybook-Position")
    /// draft-ietf-httpapi-idempotency-key-header.
    package static let idempotencyKey = named("Idempotency-Key")
    /// `true` where a command was accepted before and is answered as it was then.
    package static let idempotencyReplayed = named("Idempotency-Replayed")
    package static let correlationID = named("X-Correlation-ID")
}
