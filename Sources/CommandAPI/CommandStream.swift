import EventStore
import HTTPService
import HTTPTypes
import Hummingbird
import JSON
import Ledger
import NIOCore

/// `POST /commands`: commands as lines of JSON, answered line by line in order, while the request is still coming in.
///
/// Memory is bounded by the lines of one chunk from the network; a Writer with a full queue slows the stream down.
struct CommandStream {
    let api: CommandAPI
    let request: Request

    func response() throws -> Response {
        try CommandAPI.require("application/x-ndjson", request)
        return Response(
            status: .ok, headers: [.contentType: "application/x-ndjson"],
            body: ResponseBody { writer in
                var lines = LineSplitter(lineBytesMax: CommandAPI.bodyBytesMax)
                for try await chunk in request.body {
                    let complete = lines.split(chunk.readableBytesView)
                    if !complete.isEmpty { try await writer.write(ByteBuffer(bytes: await answers(to: complete))) }
                }
                if let last = lines.finish() { try await writer.write(ByteBuffer(bytes: await answers(to: [last]))) }
                try await writer.finish(nil)
            })
    }

    /// What one line asks, or why it can't be asked.
    private enum Item {
        case submission(Submission)
        case problem(Problem, key: String?)
    }

    private func answers(to lines: [LineSplitter.Line]) async -> [UInt8] {
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: lines.count, by: 4_096) {
            let items = lines[start..<min(start + 4_096, lines.count)].map(item)
            let submissions = items.compactMap { item in
                if case .submission(let submission) = item { submission } else { nil }
            }
            var outcomes = await (submissions.isEmpty ? [] : api.writer.submitWhenRoom(submissions))[...]
            for item in items {
                switch item {
                case .problem(let problem, let key): bytes += Self.line(key) { problem.write(to: &$0) }
                case .submission(let submission):
                    guard let outcome = outcomes.popFirst() else {
                        preconditionFailure("each submission has an outcome")
                    }
                    bytes += line(submission, outcome)
                }
            }
        }
        return bytes
    }

    private func line(_ submission: Submission, _ outcome: Outcome) -> [UInt8] {
        Self.line(submission.key) { writer in
            if case .accepted(let receipt) = outcome {
                let answer = Answer(receipt: receipt)
                writer.field("status", Int64(answer.status.code))
                answer.write(to: &writer)
                return
            }
            do {
                try api.problem(outcome, key: submission.key, expected: nil).write(to: &writer)
            } catch {
                Problem(.internalServerError, "internal_error", "The store could not be read: \(error)").write(
                    to: &writer)
            }
        }
    }

    private static func line(_ key: String?, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        JSONWriter.object { writer in
            if let key { writer.field("key", key) }
            body(&writer)
        } + [UInt8(ascii: "\n")]
    }

    private static let envelope = [
        Field("command", .text, "The command's name: add-to-cart."),
        Field("key", .text, required: false, "The idempotency key."),
        Field("body", .object([]), "As for POST /commands/{name}."),
    ]

    private func item(_ line: LineSplitter.Line) -> Item {
        guard case .whole(let bytes) = line else {
            return .problem(
                Problem(.contentTooLarge, "body_too_large", "A line has at most \(CommandAPI.bodyBytesMax) bytes."),
                key: nil)
        }
        var key: String?
        do {
            let envelope = try JSONBody.parse(bytes, fields: Self.envelope)
            key = try envelope.optionalText("key")
            let name = try envelope.text("command")
            guard let spec = CommandSpec.all[name] else { throw CommandAPI.unknownCommand(name) }
            let command = try spec.command(from: try envelope.object("body", fields: spec.fields))
            return .submission(try api.submission(command, key: key, expected: nil, correlation: ""))
        } catch let problem as Problem {
            return .problem(problem, key: key)
        } catch {
            return .problem(Problem(.internalServerError, "internal_error", "\(error)"), key: key)
        }
    }
}

/// Cuts a stream of bytes into lines, with a bound on what a line may be.
struct LineSplitter {
    enum Line: Equatable {
        case whole([UInt8])
        /// Longer than allowed; its bytes were not kept.
        case tooLong
    }

    let lineBytesMax: Int
    private var rest: [UInt8] = []
    private var isSkipping = false

    init(lineBytesMax: Int) { self.lineBytesMax = lineBytesMax }

    /// The lines that the chunk completes. Blank lines are none.
    mutating func split(_ chunk: some Collection<UInt8>) -> [Line] {
        var lines: [Line] = []
        var start = chunk.startIndex
        while let end = chunk[start...].firstIndex(of: UInt8(ascii: "\n")) {
            take(chunk[start..<end])
            if let line = finish() { lines.append(line) }
            start = chunk.index(after: end)
        }
        take(chunk[start...])
        return lines
    }

    /// The line that has no end yet; nil where there is none.
    mutating func finish() -> Line? {
        defer {
            rest.removeAll(keepingCapacity: true)
            isSkipping = false
        }
        if isSkipping { return .tooLong }
        return rest.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\t") }
            ? nil : .whole(rest)
    }

    private mutating func take(_ bytes: some Collection<UInt8>) {
        guard !isSkipping else { return }
        if rest.count + bytes.count > lineBytesMax {
            isSkipping = true
            rest = []
        } else {
            rest.append(contentsOf: bytes)
        }
    }
}
