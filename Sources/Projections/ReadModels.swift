package import EventStore
import Foundation
package import Logging

/// All read models of a store. The one place to register another.
package struct ReadModels: Sendable {
    package let catalog: ReadModel
    package let carts: ReadModel
    package let orders: ReadModel
    package let stock: ReadModel
    package let search: ReadModel
    package let sales: ReadModel

    package static let names = [
        CatalogProjection.name, CartsProjection.name, OrdersProjection.name, StockProjection.name,
        SearchProjection.name,
        SalesProjection.name,
    ]

    /// Opens them in `directory`, creating what is missing.
    package init(directory: String) throws {
        catalog = try ReadModel(CatalogProjection.self, directory: directory)
        carts = try ReadModel(CartsProjection.self, directory: directory)
        orders = try ReadModel(OrdersProjection.self, directory: directory)
        stock = try ReadModel(StockProjection.self, directory: directory)
        search = try ReadModel(SearchProjection.self, directory: directory)
        sales = try ReadModel(SalesProjection.self, directory: directory)
    }

    /// Removes the files of the read models named, so that they are built anew. Nobody may have them open.
    package static func remove(_ names: [String], in directory: String) throws {
        for file in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        where names.contains(where: { file.hasPrefix($0 + "-v") }) {
            try FileManager.default.removeItem(atPath: directory + "/" + file)
        }
    }

    package var all: [ReadModel] { [catalog, carts, orders, stock, search, sales] }

    /// What feeds them. Not started. They hold the read models for this process.
    ///
    /// - Throws: `EventStoreError.directory` where another process feeds them.
    package func projectors(of store: Store, logger: Logger) throws -> [Projector] {
        let lock = try DirectoryLock(directory: store.readModelsDirectory, use: "feeds the read models in")
        return [
            Projector(CatalogProjection.self, store: store, model: catalog, lock: lock, logger: logger),
            Projector(CartsProjection.self, store: store, model: carts, lock: lock, logger: logger),
            Projector(OrdersProjection.self, store: store, model: orders, lock: lock, logger: logger),
            Projector(StockProjection.self, store: store, model: stock, lock: lock, logger: logger),
            Projector(SearchProjection.self, store: store, model: search, lock: lock, logger: logger),
            Projector(SalesProjection.self, store: store, model: sales, lock: lock, logger: logger),
        ]
    }
}
