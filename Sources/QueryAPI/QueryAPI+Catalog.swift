import Dispatch
import HTTPService
import HTTPTypes
import Hummingbird
import JSON
import Projections

extension QueryAPI {
    private static let filters = [
        Operation.Parameter("category", "Any part of a product's path."), Operation.Parameter("brand", "The brand."),
        Operation.Parameter("minPrice", "2.55"), Operation.Parameter("maxPrice", "10"),
        Operation.Parameter("inStock", "true or false."),
    ]

    private typealias Operation = HTTPService.Operation

    private static let product = Entity<CatalogProjection>(
        path: "/catalog/products/{sku}", part: "sku", code: "unknown_product"
    ) { "There is no product \"\($0)\". SKUs are kept to the letter, case included." }

    static var catalogOperations: [HTTPService.Operation] {
        [productsOperation] + operations(product, "One product with price and stock.", partMeans: "The SKU.")
            + [searchOperation]
    }

    private static let productsOperation = Operation(
        "GET", "/catalog/products", "The goods.",
        parameters: filters + [Operation.Parameter("sort", "name, -name, price, -price or newest.")] + cursorParameters
            + [positionParameter],
        errors: [400, 503])
    private static let searchOperation = Operation(
        "GET", "/search", "Goods by words, the best first. The last word may be the beginning of one.",
        parameters: [Operation.Parameter("q", "The words."), Operation.Parameter("facets", "brand, category or both.")]
            + filters
            + cursorParameters + [positionParameter],
        errors: [400, 503])

    func addCatalogRoutes(to router: Router<BasicRequestContext>) {
        let catalog = CatalogQueries(models.catalog)
        router.get("/catalog/products") { request, _ in
            let parameters = try QueryParameters(request, known: Self.productsOperation.queryNames)
            let sort = try parameters.choice("sort", CatalogQueries.Sort.self) ?? .name
            try await wait(for: models.catalog, request)
            let page = try catalog.products(
                try Self.filter(parameters), sort: sort, limit: try Self.limit(parameters),
                after: try Self.cursor(parameters, numbers: sort.isByName ? [] : [0]))
            return list(page, models.catalog)
        }
        addRoutes(of: Self.product, to: router)
        router.get("/search") { request, _ in try await search(request) }
    }

    private func search(_ request: Request) async throws -> Response {
        let start = DispatchTime.now()
        let search = SearchQueries(models.search)
        let parameters = try QueryParameters(request, known: Self.searchOperation.queryNames)
        guard let question = parameters.text("q") else {
            throw Problem.badRequest("missing_parameter", "The parameter \"q\" is missing: the words to look for.")
        }
        guard question.utf8.count <= 1_000 else {
            throw QueryParameters.invalid("q", "at most 1,000 bytes", "\(question.prefix(40))…")
        }
        try await wait(for: models.search, request)
        let filter = try Self.filter(parameters)
        let page = try search.search(
            question, filter, limit: try Self.limit(parameters), after: try Self.cursor(parameters, numbers: [0]))
        let facets = try search.facets(try Self.facets(parameters), of: question, filter)
        let microseconds = Int64((DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) / 1_000)
        return .json(
            JSONWriter.object { writer in
                writer.key("hits")
                writer.array { writer in for hit in page.items { writer.raw(hit) } }
                writer.key("facets")
                writer.raw(facets)
                writer.field("next", page.next?.text)
                writer.key("tookMs")
                writer.raw("\(microseconds / 1_000).\(microseconds / 100 % 10)".utf8)
            }, headers: headers(models.search))
    }

    private static func filter(_ parameters: QueryParameters) throws -> ProductFilter {
        var filter = ProductFilter()
        filter.category = parameters.text("category")
        filter.brand = parameters.text("brand")
        filter.minPrice = try parameters.amount("minPrice")
        filter.maxPrice = try parameters.amount("maxPrice")
        filter.inStock = try parameters.flag("inStock")
        return filter
    }

    private static func facets(_ parameters: QueryParameters) throws -> [SearchQueries.Facet] {
        try (parameters.text("facets") ?? "").split(separator: ",").reduce(into: []) { facets, name in
            guard let facet = SearchQueries.Facet(rawValue: String(name)) else {
                throw QueryParameters.invalid("facets", "brand, category or both with a comma between", String(name))
            }
            if !facets.contains(facet) { facets.append(facet) }
        }
    }
}
