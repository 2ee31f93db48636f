import HTTPTypes
import JSON
import NIOCore

extension Problem {
    /// The problem as the bytes of a whole response, for where no route answers.
    ///
    /// - Parameters:
    ///   - closes: whether the connection serves no further request.
    ///   - bodiless: for a request that asked for the head alone.
    func rawAnswer(closes: Bool, bodiless: Bool = false) -> ByteBuffer {
        let json = JSONWriter.object { write(to: &$0) }
        var text = "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\nContent-Type: application/problem+json\r\n"
        for field in headers { text += "\(field.name): \(field.value)\r\n" }
        if closes { text += "Connection: close\r\n" }
        text += "Content-Length: \(json.count)\r\n\r\n"
        var buffer = ByteBuffer(string: text)
        if !bodiless { buffer.writeBytes(json) }
        return buffer
    }
}
