package import EventStore
package import HTTPService
import HTTPTypes
package import Hummingbird
import JSON
import Ledger
package import Projections

/// Questions over HTTP, answered from the read models.
package struct QueryAPI: Sendable {
    package struct Options: Sendable {
        /// How long a request with `Daybook-Position` waits for its read model.
        package var waitMilliseconds = 2_000
        /// From this lag on `/ready` says no.
        package var lagMax: UInt64 = 50_000

        package init() {}
    }

    let store: Store
    let models: ReadModels
    /// Copies the log, where this process does.
    let replicator: Replicator?
    /// Follows the log, where others append to it.
    let follower: LogFollower?
    let options: Options
    /// Shared by all who follow the log.
    let tail: LiveTail

    package init(
        store: Store, models: ReadModels, replicator: Replicator? = nil, follower: LogFollower? = nil,
        options: Options = Options()
    ) {
        self.store = store
        self.models = models
        self.replicator = replicator
        self.follower = follower
        self.options = options
        tail = LiveTail(store)
    }

    package func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ProblemMiddleware(Self.operations))
        addCatalogRoutes(to: router)
        addShopRoutes(to: router)
        addStockRoutes(to: router)
        addReportRoutes(to: router)
        addEventRoutes(to: router)
        addSubscriptionRoutes(to: router)
        addOperationRoutes(to: router)
        let description = OpenAPI(title: "Daybook queries", operations: Self.operations).json
        router.get("/openapi.json") { _, _ in Response.json(description) }
        return router
    }

    package static var operations: [HTTPService.Operation] {
        catalogOperations + shopOperations + stockOperations + reportOperations + eventOperations
            + subscriptionOperations + operationOperations
    }
}

extension QueryAPI {
    static let cursorParameters = [
        HTTPService.Operation.Parameter("limit", "How many items, 1 to 500; 50 where not given."),
        HTTPService.Operation.Parameter("cursor", "`next` of the page before."),
    ]
    static let positionParameter = HTTPService.Operation.Parameter(
        "Daybook-Position", in: .header, "Wait until the answer knows of this position: read your own write.")

    /// Waits for the position that the request demands.
    ///
    /// - Throws: `Problem` 400 for what is not a position, 503 where the model does not come so far in time, or is still
    ///   being built.
    func wait(for model: ReadModel, _ request: Request) async throws {
        let patience = Duration.milliseconds(options.waitMilliseconds)
        guard try await model.isWhole(within: patience) else {
            throw Problem.unavailable(
                "read_model_building",
                "The read model \"\(model.name)\" is being built from the log, and has no answers yet. Ask again.",
                retryAfterSeconds: 2)
        }
        guard let position = try Self.demandedPosition(request) else { return }
        guard try await model.reached(position, within: patience) else {
            throw Problem.unavailable(
                "read_model_behind",
                "The read model \"\(model.name)\" stands at position \(model.watermark.value), not yet at \(position). Ask again.",
                retryAfterSeconds: 1)
        }
    }

    /// The same where the log itself is asked, of which this machine may have a copy that lags behind.
    func waitForLog(_ request: Request) async throws {
        guard let position = try Self.demandedPosition(request) else { return }
        let end = ContinuousClock.now + .milliseconds(options.waitMilliseconds)
        // Rung within this process; looked at now and then because another process may be the writer.
        while case let head = try store.log.refreshHead(), head.rawValue < position {
            guard ContinuousClock.now < end else {
                throw Problem.unavailable(
                    "log_behind", "The log ends at position \(head) here, not yet at \(position). Ask again.",
                    retryAfterSeconds: 1)
            }
            _ = await store.log.head.reached(position, within: .milliseconds(50))
        }
    }

    private static func demandedPosition(_ request: Request) throws -> UInt64? {
        guard let text = request.headers[.daybookPosition] else { return nil }
        guard let position = UInt64(text) else {
            throw Problem.badRequest(
                "invalid_position", "Daybook-Position is a position of the log, a whole number; not \"\(text)\".")
        }
        return position
    }

    /// Headers that tell how far the read model has come.
    func headers(_ model: ReadModel) -> HTTPFields {
        var headers: HTTPFields = [.daybookPosition: String(model.watermark.value)]
        if model.stoppedBy != nil { headers[.daybookStale] = "true" }
        return headers
    }

    func list(_ page: Page, _ model: ReadModel) -> Response {
        .json(JSONWriter.object { $0.fields(of: page) }, headers: headers(model))
    }

    static func limit(_ parameters: QueryParameters) throws -> Int {
        Int(try parameters.integer("limit", in: 1...500) ?? 50)
    }

    /// - Parameters:
    ///   - count: how many sort values it has.
    ///   - numbers: which of them are numbers.
    static func cursor(_ parameters: QueryParameters, count: Int = 2, numbers: Set<Int>) throws -> Cursor? {
        try parameters.text("cursor").map { text in
            guard let cursor = Cursor(text, count: count, numbers: numbers) else {
                throw invalidCursor(text)
            }
            return cursor
        }
    }

    static func invalidCursor(_ text: String) -> Problem {
        QueryParameters.invalid("cursor", "`next` of a page before, unchanged", text)
    }
}

extension JSONWriter {
    /// `items` and `next`.
    mutating func fields(of page: Page) {
        key("items")
        array { writer in for item in page.items { writer.raw(item) } }
        field("next", page.next?.text)
    }
}

extension HTTPField.Name {
    /// `true` where the read model stopped at an event it can't apply, and answers from what it has.
    static var daybookStale: HTTPField.Name {
        guard let name = HTTPField.Name("Daybook-Stale") else { preconditionFailure("a token of RFC 9110") }
        return name
    }
}
