import EventStore
import HTTPService
import HTTPTypes
import Hummingbird
import Ledger
import Projections

/// Carts, orders and stock.
extension QueryAPI {
    private typealias Operation = HTTPService.Operation

    static var shopOperations: [HTTPService.Operation] {
        [
            Operation(
                "GET", "/carts/{id}", "What stands in a cart.",
                parameters: [Operation.Parameter("id", in: .path, "The cart's id."), positionParameter],
                errors: [404, 503]),
            ordersOperation,
            Operation(
                "GET", "/orders/{id}", "One order, and what became of it.",
                parameters: [Operation.Parameter("id", in: .path, "The order's id."), positionParameter],
                errors: [404, 503]),
            Operation(
                "GET", "/stock/{sku}", "How many there are, and where.",
                parameters: [Operation.Parameter("sku", in: .path, "The SKU."), positionParameter], errors: [404, 503]),
            movementsOperation,
        ]
    }

    private static let ordersOperation = Operation(
        "GET", "/orders", "Orders, the newest first.",
        parameters: [
            Operation.Parameter("customer", "The customer's id."),
            Operation.Parameter("status", "placed, completed or cancelled."),
            Operation.Parameter("reference", "The shop's own name for the order."),
            Operation.Parameter("from", "Placed at or after, RFC 3339."),
            Operation.Parameter("to", "Placed before, RFC 3339."),
        ] + cursorParameters + [positionParameter], errors: [400, 503])

    private static let movementsOperation = Operation(
        "GET", "/stock/{sku}/movements", "Every movement between the accounts of a SKU, the newest first.",
        parameters: [Operation.Parameter("sku", in: .path, "The SKU.")] + cursorParameters + [positionParameter],
        errors: [400, 404, 503])

    func addShopRoutes(to router: Router<BasicRequestContext>) {
        let carts = CartQueries(models.carts)
        let orders = OrderQueries(models.orders)
        router.get("/carts/:id") { request, context in
            let id = try Self.name("id", request, context)
            try await wait(for: models.carts, request)
            return try entity(
                try carts.cart(id), models.carts, orElse: .notFound("unknown_cart", "There is no cart \"\(id)\"."))
        }
        router.get("/orders") { request, _ in
            let parameters = try QueryParameters(request, known: Self.ordersOperation.queryNames)
            try await wait(for: models.orders, request)
            let page = try orders.orders(
                try Self.orderFilter(parameters), limit: try Self.limit(parameters),
                after: try Self.cursor(parameters, numbers: [0, 1]))
            return list(page, models.orders)
        }
        router.get("/orders/:id") { request, context in
            let id = try Self.name("id", request, context)
            try await wait(for: models.orders, request)
            return try entity(
                try orders.order(id), models.orders,
                orElse: .notFound(
                    "unknown_order", "There is no order \"\(id)\". /orders?reference= finds one by the shop's own name."
                ))
        }
        addStockRoutes(to: router)
    }

    private func addStockRoutes(to router: Router<BasicRequestContext>) {
        let stock = StockQueries(models.stock)
        router.get("/stock/:sku") { request, context in
            let sku = try Self.name("sku", request, context)
            try await wait(for: models.stock, request)
            return try entity(try stock.item(sku, now: .now), models.stock, orElse: Self.unknownStock(sku))
        }
        router.get("/stock/:sku/movements") { request, context in
            let sku = try context.part("sku")
            let parameters = try QueryParameters(request, known: Self.movementsOperation.queryNames)
            try await wait(for: models.stock, request)
            guard try stock.item(sku, now: .now) != nil else { throw Self.unknownStock(sku) }
            return list(
                try stock.movements(
                    of: sku, limit: try Self.limit(parameters), after: try Self.cursor(parameters, numbers: [0, 1])),
                models.stock)
        }
    }

    private static func unknownStock(_ sku: String) -> Problem {
        .notFound("unknown_stock", "There never was stock of \"\(sku)\". SKUs are kept to the letter, case included.")
    }

    private static func orderFilter(_ parameters: QueryParameters) throws -> OrderQueries.Filter {
        var filter = OrderQueries.Filter()
        filter.customer = parameters.text("customer")
        filter.status = try parameters.choice("status", OrderQueries.Status.self)
        filter.reference = parameters.text("reference")
        filter.from = try parameters.time("from")
        filter.to = try parameters.time("to")
        return filter
    }
}
