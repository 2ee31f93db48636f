package import EventStore
import Foundation
package import Logging

/// All read models of a store.
package struct ReadModels: Sendable {
    /// The one place to register another.
    static let projections: [any Projection.Type] = [
        CatalogProjection.self, CartsProjection.self, OrdersProjection.self, StockProjection.self,
        SearchProjection.self,
        SalesProjection.self,
    ]

    package static var names: [String] { projections.map { $0.name } }

    /// In the order of `names`.
    package let all: [ReadModel]

    package subscript(_ projection: any Projection.Type) -> ReadModel {
        guard let model = all.first(where: { $0.name == projection.name }) else {
            preconditionFailure("\(projection.name) is not registered")
        }
        return model
    }

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
        for model in all {
            try model.live.demandBelonging(to: store.log)
            if model.watermark.value == 0 { model.answersNothing(before: store.log.headPosition) }
        }
    }

    private init(directory: String, repairing logger: Logger?) throws {
        all = try Self.projections.map { try ReadModel.open($0, directory, repairing: logger) }
    }

    static func lock(_ directory: String) throws -> DirectoryLock {
        try DirectoryLock(directory: directory, use: "feeds the read models in")
    }

    /// What feeds them. Not started. They hold the read models for this process.
    ///
    /// - Throws: `EventStoreError.directory` where another process feeds them.
    package func projectors(of store: Store, logger: Logger) throws -> [Projector] {
        let lock = try Self.lock(store.readModelsDirectory)
        return all.map { Projector($0, store: store, lock: lock, logger: logger) }
    }
}
