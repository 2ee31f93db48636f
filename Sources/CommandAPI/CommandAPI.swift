package import EventStore
package import HTTPService
import HTTPTypes
package import Hummingbird
import JSON
import Ledger
import NIOCore

/// Commands over HTTP. A route decodes, submits, answers; the Writer decides.
package struct CommandAPI: Sendable {
    /// The most bytes of one command's body, alone or as a line of a stream.
    package static let bodyBytesMax = 1 << 20
    /// Paths whose requests and answers are streams.
    package static let streamedPaths: Set<String> = ["/commands"]

    let writer: Writer
    let store: Store
    /// Where the query API shows things, without a slash at its end. Asked at each answer: its port may be known late.
    let queryURL: @Sendable () -> String

    package init(writer: Writer, store: Store, queryURL: @autoclosure @escaping @Sendable () -> String) {
        self.writer = writer
        self.store = store
        self.queryURL = queryURL
    }

    package func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ProblemMiddleware(Self.operations))
        router.post("/commands/:name") { request, context in
            try await one(named: try context.part("name"), request)
        }
        router.post("/commands") { request, _ in try many(request) }
        router.get("/health") { _, _ in Response.json(JSONWriter.object { $0.field("status", "alive") }) }
        router.get("/ready") { _, _ in
            if let fault = writer.fault { throw Problem(fault) }
            return Response.json(JSONWriter.object { $0.field("status", "ready") })
        }
        let description = OpenAPI(title: "Daybook commands", operations: Self.operations).json
        router.get("/openapi.json") { _, _ in Response.json(description) }
        return router
    }

    private func one(named name: String, _ request: Request) async throws -> Response {
        guard let spec = CommandSpec.all[name] else { throw Self.unknownCommand(name) }
        guard Self.mediaType(request) == "application/json" else {
            throw Self.unsupported(request, wanted: "application/json")
        }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: Self.bodyBytesMax)
        } catch is NIOTooManyBytesError {
            throw Problem(.contentTooLarge, "body_too_large", "A command has at most \(Self.bodyBytesMax) bytes.")
        }
        let expected = try Self.expectedVersion(request)
        let submission = try submission(
            spec.command(from: body.readableBytesView), key: request.headers[.idempotencyKey], expected: expected,
            correlation: request.headers[.correlationID] ?? "")
        switch await writer.submit(submission) {
        case .accepted(let receipt):
            let answer = Answer(receipt: receipt)
            return .json(
                JSONWriter.object { answer.write(to: &$0) }, status: answer.status,
                headers: answer.headers(queryURL: queryURL()))
        case let outcome: throw try problem(outcome, key: submission.key, expected: expected)
        }
    }

    private func many(_ request: Request) throws -> Response {
        switch Self.mediaType(request) {
        case NDJSONFormat.contentType: CommandStream<NDJSONFormat>(api: self, request: request).response()
        case ProtobufFormat.contentType: CommandStream<ProtobufFormat>(api: self, request: request).response()
        default: throw Self.unsupported(request, wanted: NDJSONFormat.contentType, ProtobufFormat.contentType)
        }
    }

    func submission(
        _ command: any Command, key: String?, expected: Version?, correlation: String
    ) throws(Problem) -> Submission {
        do throws(InvalidValue) {
            return try Submission(command, key: key, expectedVersion: expected, actor: "api", correlation: correlation)
        } catch {
            throw Problem.badRequest(error.code, error.message)
        }
    }

    /// An outcome other than acceptance.
    func problem(_ outcome: Outcome, key: String, expected: Version?) throws -> Problem {
        switch outcome {
        case .accepted: preconditionFailure("an accepted command is no problem")
        case .refused(let refusal): Problem(refusal)
        case .keyReused(let position): .keyReused(key, first: position)
        case .versionMismatch(let stream, let actual):
            .versionMismatch(
                stream, demanded: expected ?? .none, actual: actual,
                since: try events(of: stream, since: expected ?? .none))
        case .failed(let error): Problem(error)
        }
    }

    /// The newest hundred at most.
    private func events(of stream: StreamName, since version: Version) throws -> [EventStore.Record] {
        var records: [EventStore.Record] = []
        try store.log.readBackwards(from: try store.index.head(of: stream)) { record in
            guard record.version > version, records.count < 100 else { return false }
            records.append(record)
            return true
        }
        return records.reversed()
    }

    static func unknownCommand(_ name: String) -> Problem {
        .notFound(
            "unknown_command",
            "There is no command \"\(name)\". There are: \(CommandSpec.all.keys.sorted().joined(separator: ", ")).")
    }

    /// The request's content type without its parameters.
    private static func mediaType(_ request: Request) -> String {
        let given = request.headers[.contentType] ?? ""
        return given.split(separator: ";").first?.lowercased() ?? ""
    }

    private static func unsupported(_ request: Request, wanted: String...) -> Problem {
        Problem(
            .unsupportedMediaType, "unsupported_media_type",
            "The Content-Type here is \(wanted.joined(separator: " or ")); not \"\(request.headers[.contentType] ?? "")\"."
        )
    }

    private static func expectedVersion(_ request: Request) throws -> Version? {
        guard let text = request.headers[.ifMatch] else { return nil }
        guard text.count >= 3, text.hasPrefix("\""), text.hasSuffix("\""),
            let number = UInt64(text.dropFirst().dropLast())
        else {
            throw Problem.badRequest(
                "invalid_if_match", "If-Match is a version in quotes, as an ETag gave it: \"7\". Not \(text).")
        }
        return Version(rawValue: number)
    }
}

extension CommandAPI {
    private static let commonErrors = [400, 404, 409, 412, 413, 415, 422, 503, 507]

    /// What the API serves, for `/openapi.json`.
    package static var operations: [HTTPService.Operation] {
        let headers = [
            HTTPService.Operation.Parameter(
                "Idempotency-Key", in: .header, "The same key and body are answered as the first time, for ever."),
            HTTPService.Operation.Parameter(
                "If-Match", in: .header, "The version at which the command's subject must stand: \"7\"."),
            HTTPService.Operation.Parameter(
                "X-Correlation-ID", in: .header, "What the events belong to, in the caller's words."),
        ]
        let commands = CommandSpec.all.values.sorted { $0.name < $1.name }.map { spec in
            HTTPService.Operation(
                "POST", "/commands/\(spec.name)", spec.about, parameters: headers, body: spec.fields,
                errors: commonErrors)
        }
        return commands + [
            HTTPService.Operation(
                "POST", "/commands",
                "Many commands, answered in order while they come in: application/x-ndjson, a line each {\"command\",\"key\",\"body\"}, or application/x-protobuf, CommandRequest messages of command.proto each behind its length.",
                errors: [415]),
            HTTPService.Operation("GET", "/health", "Whether the process is alive."),
            HTTPService.Operation("GET", "/ready", "Whether commands are taken.", errors: [503]),
        ]
    }
}
