import EventStore
import Logging

extension BenchShop {
    /// Opens the shop in a data directory, and lets go of it.
    ///
    /// - Parameter events: carts are filled until the log has so many, for a measurement on a log that is not empty.
    /// - Returns: the log's head.
    @discardableResult
    func make(in directory: String, stockEach: Int64 = 100_000_000, events: Int = 0, postgresURL: String? = nil)
        async throws -> Position
    {
        let store = try Store(directory: directory, access: .readWrite, postgresURL: postgresURL)
        let writer = store.startWriter(logger: Logger(label: "daybook"))
        try await open(writer, stockEach: stockEach)
        let workload = Workload(kind: .carts(active: 10_000, commandsEach: 10), shop: self, seed: 1)
        let missing = max(0, events - Int(store.log.headPosition.rawValue))
        for start in stride(from: 0, to: missing, by: 8_000) {
            // Carts of their own, so that requests begin new ones.
            let group = try workload.submissions(
                from: 1_000_000_000 + start, count: min(8_000, missing - start))
            _ = await writer.submitWhenRoom(group)
        }
        await writer.stop()
        return store.log.headPosition
    }
}
