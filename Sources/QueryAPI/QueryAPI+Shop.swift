import EventStore
import HTTPService
import HTTPTypes
import Hummingbird
import Ledger
import Projections

/// Carts and orders.
extension QueryAPI {
    private typealias Operation = HTTPService.Operation

    private static let cart = Entity<CartsProjection>(path: "/carts/{id}", part: "id", code: "unknown_cart") {
        "There is no cart \"\($0)\"."
    }
    private static let order = Entity<OrdersProjection>(path: "/orders/{id}", part: "id", code: "unknown_order") {
        "There is no order \"\($0)\". /orders?reference= finds one by the shop's own name."
    }

    static var shopOperations: [HTTPService.Operation] {
        operations(cart, "What stands in a cart.", partMeans: "The cart's id.") + [ordersOperation]
            + operations(order, "One order, and what became of it.", partMeans: "The order's id.")
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

    func addShopRoutes(to router: Router<BasicRequestContext>) {
        let orders = OrderQueries(models.orders)
        addRoutes(of: Self.cart, to: router)
        addRoutes(of: Self.order, to: router)
        router.get("/orders") { request, _ in
            let parameters = try QueryParameters(request, known: Self.ordersOperation.queryNames)
            try await wait(for: models.orders, request)
            let page = try orders.orders(
                try Self.orderFilter(parameters), limit: try Self.limit(parameters),
                after: try Self.cursor(parameters, numbers: [0, 1]))
            return list(page, models.orders)
        }
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
