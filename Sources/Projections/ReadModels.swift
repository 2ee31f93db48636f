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
    ///
    /// - Throws: `EventStoreError.directory` where a file can't be opened.
    package init(directory: String) throws {
        try self.init(directory: directory, repairing: nil)
    }

    /// Opens the read models of a store, creating what is missing.
    ///
    /// - Parameter repairing: told of files which are damaged; they are made anew. Nil where this process does not feed
    ///   the read models: damaged ones are then refused.
    /// - Throws: `EventStoreError.directory` where a file can't be opened, another process feeds them, or a model was
    ///   made from another log than the store's.
    package init(of store: Store, repairing logger: Logger?) throws {
        let directory = store.readModelsDirectory
        if let logger {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let lock = try Self.lock(directory)
            try self.init(directory: directory, repairing: logger)
            withExtendedLifetime(lock) {}
        } else {
            try self.init(directory: directory, repairing: nil)
        }
        for model in all { try model.demandBelonging(to: store.log) }
    }

    private init(directory: String, repairing logger: Logger?) throws {
        catalog = try ReadModel.open(CatalogProjection.self, directory, repairing: logger)
        carts = try ReadModel.open(CartsProjection.self, directory, repairing: logger)
        orders = try ReadModel.open(OrdersProjection.self, directory, repairing: logger)
        stock = try ReadModel.open(StockProjection.self, directory, repairing: logger)
        search = try ReadModel.open(SearchProjection.self, directory, repairing: logger)
        sales = try ReadModel.open(SalesProjection.self, directory, repairing: logger)
    }

    private static func lock(_ directory: String) throws -> DirectoryLock {
        try DirectoryLock(directory: directory, use: "feeds the read models in")
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
        let lock = try Self.lock(store.readModelsDirectory)
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
