package import EventStore
package import Logging

extension ReadModels {
    /// Builds in bulk, on a thread of its own, what is new though the log is long: the read models of a deployed program with
    /// higher versions. Before the projectors are started, which go on from there.
    ///
    /// - Parameter eventsMin: of a shorter log; the projectors are as quick there.
    package func buildNew(
        from store: Store, eventsMin: Int = ReadModelBuild.chunkRecords, logger: Logger
    ) {
        let new = all.filter { $0.watermark.value == 0 }
        guard !new.isEmpty, store.log.headPosition.rawValue >= eventsMin else { return }
        for model in new { model.isBeingBuilt = true }
        BackgroundThread.start("daybook-build") {
            do {
                try Self.build(new.map(\.name), from: store, logger)
            } catch {
                logger.error(
                    "read models were not built in bulk, and are fed batch by batch", metadata: ["error": "\(error)"])
            }
            for model in new { model.isBeingBuilt = false }
        }
    }

    private static func build(_ names: [String], from store: Store, _ logger: Logger) throws {
        let build = try ReadModelBuild(names, of: store)
        let (begin, head) = (try build.begin(), store.log.headPosition)
        logger.info(
            "building read models",
            metadata: ["names": "\(names.joined(separator: ", "))", "from": "\(begin)", "to": "\(head)"])
        var lastTold = ContinuousClock.now
        try build.run { position in
            guard lastTold + .seconds(5) < .now else { return }
            lastTold = .now
            logger.info("building read models", metadata: ["at": "\(position)", "to": "\(head)"])
        }
        try build.finish()
    }
}
