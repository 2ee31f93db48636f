import HTTPService
import Hummingbird
import JSON
import Projections

extension QueryAPI {
    private typealias Operation = HTTPService.Operation

    static var reportOperations: [HTTPService.Operation] { [salesOperation] }

    private static let salesOperation = Operation(
        "GET", "/reports/sales",
        "What was sold, taken back and written off. Amounts are exact; months and days are in UTC.",
        parameters: [
            Operation.Parameter("by", "month, day, country or product."),
            Operation.Parameter(
                "sort",
                "key, net or quantity, with - before it for the largest first; -net for country and product, else key."),
            Operation.Parameter("currency", "The one with the most documents where not given."),
        ] + cursorParameters + [positionParameter], errors: [400, 503])

    func addReportRoutes(to router: Router<BasicRequestContext>) {
        let sales = SalesQueries(models.sales)
        router.get("/reports/sales") { request, _ in
            let parameters = try QueryParameters(request, known: Self.salesOperation.queryNames)
            guard let dimension = try parameters.choice("by", SalesDimension.self) else {
                throw Problem.badRequest(
                    "missing_parameter", "The parameter \"by\" is missing: month, day, country or product.")
            }
            try await wait(for: models.sales, request)
            let sort = try parameters.choice("sort", SalesQueries.Sort.self)
            let report = try sales.report(
                by: dimension, sort: sort ?? (dimension == .product || dimension == .country ? .netDescending : .key),
                currency: parameters.text("currency"), limit: try Self.limit(parameters),
                after: try Self.cursor(parameters, numbers: [0]))
            return Response.json(
                JSONWriter.object { writer in
                    writer.field("by", dimension.rawValue)
                    writer.field("currency", report.currency)
                    writer.fields(of: report.page)
                    writer.key("total")
                    writer.raw(report.total)
                }, headers: headers(models.sales))
        }
    }
}
