import EventStore
import HTTPService
import HTTPTypes
import Ledger
import SwiftProtobuf

/// `application/x-protobuf`: `CommandRequest` messages of `command.proto`, each behind its length.
struct ProtobufFormat: StreamFormat {
    typealias Answers = ProtobufAnswers

    static let contentType = "application/x-protobuf"
    private var messages = MessageSplitter(messageBytesMax: CommandAPI.bodyBytesMax)

    var isBroken: Bool { messages.isBroken }

    mutating func split(_ chunk: some Collection<UInt8>) -> Frames { messages.split(chunk) }

    mutating func finish() -> Frames { messages.finish() }

    static func request(_ bytes: [UInt8], in range: Range<Int>) -> StreamRequest {
        let message: Daybook_V1_CommandRequest
        do {
            message = try Daybook_V1_CommandRequest(serializedBytes: MessageBytes(bytes[range]))
        } catch {
            return StreamRequest(
                command: .failure(.badRequest("malformed_message", "The message is no CommandRequest: \(error)")))
        }
        return StreamRequest(
            key: message.hasKey ? message.key : nil,
            expected: message.hasExpectedVersion ? Version(rawValue: message.expectedVersion) : nil,
            correlation: message.correlation, command: command(of: message))
    }

    private static func command(of message: Daybook_V1_CommandRequest) -> Result<any Command, Problem> {
        Result { () throws(Problem) in
            do {
                try MessageCheck("").known(message)
                guard let command = message.command else { throw MessageCheck("").missing("command") }
                return try command.message.command()
            } catch let problem as Problem {
                throw problem
            } catch let invalid as InvalidValue {
                throw Problem(invalid)
            } catch {
                throw Problem(.internalServerError, "internal_error", "\(error)")
            }
        }
    }

    static func problem(_ fault: Frames.Fault) -> Problem {
        switch fault {
        case .tooLong:
            Problem(
                .contentTooLarge, "body_too_large",
                "A message has at most \(CommandAPI.bodyBytesMax) bytes. Nothing behind it was read, because its length can't be believed."
            )
        case .truncated:
            .badRequest("truncated_stream", "The stream ends inside a message, which was not taken.")
        }
    }
}

/// A message where it stands in a chunk: read without being copied out of it first.
private struct MessageBytes: SwiftProtobufContiguousBytes {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }
    init(repeating byte: UInt8, count: Int) { bytes = ArraySlice(repeating: byte, count: count) }
    init(_ sequence: some Sequence<UInt8>) { bytes = ArraySlice(sequence) }

    var count: Int { bytes.count }

    func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try bytes.withUnsafeBytes(body)
    }

    mutating func withUnsafeMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
        try bytes.withUnsafeMutableBytes(body)
    }
}
