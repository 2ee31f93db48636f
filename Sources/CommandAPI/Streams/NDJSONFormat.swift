import EventStore
import HTTPService
import HTTPTypes
import JSON
import Ledger

/// `application/x-ndjson`: a line each, `{"command","key","body"}`.
struct NDJSONFormat: StreamFormat {
    typealias Answers = NDJSONAnswers

    static let contentType = "application/x-ndjson"
    private var lines = LineSplitter(lineBytesMax: CommandAPI.bodyBytesMax)

    /// A line ends where it ends, whatever stands in it.
    var isBroken: Bool { false }

    mutating func split(_ chunk: some Collection<UInt8>) -> Frames { lines.split(chunk) }

    mutating func finish() -> Frames { lines.finish() }

    private static let envelope = [
        Field("command", .text, "The command's name: add-to-cart."),
        Field("key", .text, required: false, "The idempotency key."),
        Field("body", .object([]), "As for POST /commands/{name}."),
    ]

    static func request(_ bytes: [UInt8], in range: Range<Int>) -> StreamRequest {
        var key: String?
        let command = Result<any Command, Problem> { () throws(Problem) in
            do {
                let envelope = try JSONBody.parse(bytes, in: range, fields: envelope)
                key = try envelope.optionalText("key")
                let name = try envelope.text("command")
                guard let spec = CommandSpec.all[name] else { throw CommandAPI.unknownCommand(name) }
                return try spec.command(from: try envelope.object("body", fields: spec.fields))
            } catch let problem as Problem {
                throw problem
            } catch {
                throw Problem(.internalServerError, "internal_error", "\(error)")
            }
        }
        return StreamRequest(key: key, command: command)
    }

    static func problem(_ fault: Frames.Fault) -> Problem {
        Problem(.contentTooLarge, "body_too_large", "A line has at most \(CommandAPI.bodyBytesMax) bytes.")
    }
}

struct NDJSONAnswers: StreamAnswers {
    private var writer = JSONWriter()

    var bytes: [UInt8] { writer.bytes }

    mutating func add(_ answer: Answer, key: String) {
        writer.object { writer in
            writer.field("key", key)
            writer.field("status", Int64(answer.status.code))
            answer.write(to: &writer)
        }
        writer.endLine()
    }

    mutating func add(_ problem: Problem, key: String?) {
        writer.object { writer in
            if let key { writer.field("key", key) }
            problem.write(to: &writer)
        }
        writer.endLine()
    }
}
