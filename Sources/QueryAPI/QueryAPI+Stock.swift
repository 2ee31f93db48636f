import EventStore
import HTTPService
import HTTPTypes
import Hummingbird
import Ledger
import Projections

/// Stock: how many there are, and what made it so.
extension QueryAPI {
    private typealias Operation = HTTPService.Operation

    private static let stock = Entity<StockProjection>(path: "/stock/{sku}", part: "sku", code: "unknown_stock") {
        "There never was stock of \"\($0)\". SKUs are kept to the letter, case included."
    }

    static var stockOperations: [HTTPService.Operation] {
        operations(stock, "How many there are, and where.", partMeans: "The SKU.") + [movementsOperation, whyOperation]
    }

    private static let movementsOperation = Operation(
        "GET", "/stock/{sku}/movements", "Every movement between the accounts of a SKU, the newest first.",
        parameters: [Operation.Parameter("sku", in: .path, "The SKU.")] + cursorParameters + [positionParameter],
        errors: [400, 404, 503])

    private static let whyOperation = Operation(
        "GET", "/stock/{sku}/why",
        "How today's number came about: where all pieces came from and went to, and each movement, the newest first, with what there was behind it.",
        parameters: [Operation.Parameter("sku", in: .path, "The SKU."), atParameter] + cursorParameters
            + [positionParameter], errors: [400, 404, 503])

    func addStockRoutes(to router: Router<BasicRequestContext>) {
        addRoutes(of: Self.stock, to: router)
        router.get("/stock/:sku/movements") { request, context in
            let sku = try context.part("sku")
            let parameters = try QueryParameters(request, known: Self.movementsOperation.queryNames)
            let (limit, cursor) = (try Self.limit(parameters), try Self.cursor(parameters, numbers: [0, 1]))
            try await wait(for: models.stock, request)
            guard try models.answer(StockProjection.self, about: sku) != nil else { throw Self.unknownStock(sku) }
            let movements = StockMovements(of: sku, in: store)
            return try Self.demandingOwnCursor(parameters) {
                list(try models.stock.read { try movements.page(limit: limit, after: cursor, in: $0) }, models.stock)
            }
        }
        router.get("/stock/:sku/why") { request, context in try await why(try context.part("sku"), request) }
    }

    private func why(_ sku: String, _ request: Request) async throws -> Response {
        let parameters = try QueryParameters(request, known: Self.whyOperation.queryNames)
        let limit = try Self.limit(parameters)
        let cursor = try Self.cursor(parameters, count: 4, numbers: [0, 1, 2, 3])
        let movements = StockMovements(of: sku, in: store)
        if let moment = try await moment(parameters, request) {
            var past = try await past(Self.stock, sku, moment)
            try await past.foldAll()
            let why = try Self.demandingOwnCursor(parameters) {
                try past.read { try movements.why(limit: limit, after: cursor, now: moment.time, in: $0) }
            }
            return .json(why ?? [], headers: [.daybookPosition: moment.position.description])
        }
        try await wait(for: models.stock, request)
        let why = try Self.demandingOwnCursor(parameters) {
            try models.stock.read { try movements.why(limit: limit, after: cursor, now: .now, in: $0) }
        }
        guard let why else { throw Self.unknownStock(sku) }
        return .json(why, headers: headers(models.stock))
    }

    private static func demandingOwnCursor<R>(_ parameters: QueryParameters, _ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch is UnknownCursor {
            throw invalidCursor(parameters.text("cursor") ?? "")
        }
    }

    private static func unknownStock(_ sku: String) -> Problem { .notFound(stock.code, stock.missing(sku)) }
}
