import EventStore
import HTTPService
import HTTPTypes
import Hummingbird
import JSON
import Ledger
import Projections

/// One thing, as of now or as of any position of the log, and what made it so.
extension QueryAPI {
    private typealias Operation = HTTPService.Operation

    static let atParameter = HTTPService.Operation.Parameter(
        "at", "As of this position of the log, or of what was recorded by this time (RFC 3339).")

    /// What is asked of a thing of one kind.
    struct Entity<P: EntityProjection> {
        /// `/orders/{id}`.
        let path: String
        /// The name in braces.
        let part: String
        let code: String
        /// Nothing is there by the name: what to say.
        let missing: @Sendable (_ id: String) -> String

        var routerPath: RouterPath { RouterPath(path.replacing("{", with: ":").replacing("}", with: "")) }
    }

    static func operations<P>(_ entity: Entity<P>, _ summary: String, partMeans: String) -> [HTTPService.Operation] {
        let part = Operation.Parameter(entity.part, in: .path, partMeans)
        return [
            Operation(
                "GET", entity.path, summary, parameters: [part, atParameter, positionParameter],
                errors: [400, 404, 503]),
            Operation(
                "GET", entity.path + "/history",
                "Each event of it, the oldest first, with what it changed in that answer as JSON pointers.",
                parameters: [
                    part, atParameter,
                    Operation.Parameter("after", "The version behind which to begin; 0 where not given."),
                    Operation.Parameter("limit", "1 to 500; 50 where not given."), positionParameter,
                ], errors: [400, 404, 503]),
        ]
    }

    func addRoutes<P>(of entity: Entity<P>, to router: Router<BasicRequestContext>) {
        router.get(entity.routerPath) { request, context in
            try await answer(entity, try context.part(entity.part), request)
        }
        router.get(RouterPath(entity.routerPath.description + "/history")) { request, context in
            try await history(of: entity, try context.part(entity.part), request)
        }
    }

    private func answer<P>(_ entity: Entity<P>, _ id: String, _ request: Request) async throws -> Response {
        let parameters = try QueryParameters(request, known: [Self.atParameter.name])
        guard let moment = try await moment(parameters, request) else {
            let model = models[P.self]
            try await wait(for: model, request)
            guard let answer = try models.answer(P.self, about: id) else {
                throw Problem.notFound(entity.code, entity.missing(id))
            }
            return response(answer, headers(model))
        }
        var past = try await past(entity, id, moment)
        guard let answer = try await past.answer(now: moment.time) else { throw Self.unknown(entity, id, moment) }
        return response(answer, [.daybookPosition: moment.position.description])
    }

    private func history<P>(of entity: Entity<P>, _ id: String, _ request: Request) async throws -> Response {
        let parameters = try QueryParameters(request, known: [Self.atParameter.name, "after", "limit"])
        let after = Version(rawValue: UInt64(try parameters.integer("after", in: 0...Int64.max) ?? 0))
        let limit = try Self.limit(parameters)
        let asked = try await moment(parameters, request)
        try await waitForLog(request)
        let moment = try asked ?? .head(of: store)
        var past = try await past(entity, id, moment)
        let found = try await past.changes(behind: after, limit: limit)
        let json = JSONWriter.object { writer in
            writer.key("items")
            writer.array { writer in for change in found.items { change.write(to: &writer) } }
            writer.field("next", found.hasMore ? found.items.last?.recorded.record.version.description : nil)
        }
        return .json(json, headers: [.daybookPosition: moment.position.description])
    }

    private func response(_ answer: EntityAnswer, _ headers: HTTPFields) -> Response {
        var headers = headers
        headers[.eTag] = "\"\(answer.version)\""
        return .json(answer.json, headers: headers)
    }

    /// - Throws: `Problem` 404 where it did not exist by then.
    func past<P>(_ entity: Entity<P>, _ id: String, _ moment: Moment) async throws -> PastEntity<P> {
        do {
            guard let past = try await PastEntity<P>(id, in: store, through: moment.position) else {
                throw Self.unknown(entity, id, moment)
            }
            return past
        } catch let error as HistoryTooLong {
            throw Problem(
                .unprocessableContent, "history_too_long",
                "With \(error.stream) that is more than the \(error.eventsMax) events that are folded while somebody waits. daybook replay --to \(moment.position) --into DIRECTORY builds the whole read model as of then."
            )
        }
    }

    private static func unknown<P>(_ entity: Entity<P>, _ id: String, _ moment: Moment) -> Problem {
        .notFound(entity.code, "At position \(moment.position): \(entity.missing(id))")
    }
}

/// A position of the log, and the time it was then.
struct Moment: Sendable {
    let position: Position
    let time: Timestamp

    /// Now.
    static func head(of store: Store) throws -> Moment {
        Moment(position: try store.log.refreshHead(), time: .now)
    }
}

extension QueryAPI {
    /// What `at` means; nil where it is not given.
    ///
    /// - Throws: `Problem` 400 for what is neither a position nor a time, or is still to come.
    func moment(_ parameters: QueryParameters, _ request: Request) async throws -> Moment? {
        guard let text = parameters.text(Self.atParameter.name) else { return nil }
        try await waitForLog(request)
        let head = try Moment.head(of: store)
        if let number = UInt64(text) {
            guard number <= head.position.rawValue else {
                throw Problem.badRequest(
                    "at_ahead", "The log ends at position \(head.position); there is no \(number) yet.")
            }
            let position = Position(rawValue: number)
            return Moment(position: position, time: try store.log.record(at: position)?.recordedAt ?? head.time)
        }
        guard let time = Timestamp(text) else {
            throw QueryParameters.invalid(
                Self.atParameter.name, "a position such as 1042 or a time such as 2010-12-01T08:26:00Z", text)
        }
        guard time <= head.time else {
            throw Problem.badRequest("at_ahead", "It is \(head.time) now; \(time) is still to come.")
        }
        return Moment(position: try store.log.lastPosition(recordedBy: time), time: time)
    }
}

extension PastEntity.Change {
    /// That it is a version further, and changed when the event happened.
    private static var saidByTheEvent: Set<String> { ["/version", "/changedAt"] }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.fields(of: recorded.json)
            writer.key("changes")
            writer.array { writer in
                for difference in differences where !Self.saidByTheEvent.contains(difference.pointer) {
                    writer.object {
                        $0.field("at", difference.pointer)
                        $0.field("before", raw: difference.before)
                        $0.field("after", raw: difference.after)
                    }
                }
            }
        }
    }
}

extension JSONWriter {
    /// Left out where there is none: null is a value.
    fileprivate mutating func field(_ name: String, raw json: [UInt8]?) {
        guard let json else { return }
        key(name)
        raw(json)
    }
}
