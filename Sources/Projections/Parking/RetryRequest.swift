import EventStore
import Foundation

/// Asks whoever feeds a read model, perhaps another process, to try again at once: `NAME-vVERSION.retry` in the directory of the
/// read models, which is gone when that was done.
struct RetryRequest {
    private let path: String

    init(of projection: any Projection.Type, in directory: String) {
        path = "\(directory)/\(projection.name)-v\(projection.version).retry"
    }

    var isThere: Bool { access(path, F_OK) == 0 }

    /// For the one who feeds the model, when it has tried.
    func answer() {
        if isThere { try? FileManager.default.removeItem(atPath: path) }
    }

    /// Returns when it was tried.
    ///
    /// - Throws: `EventStoreError.directory` where nobody did.
    func make(within timeout: Duration = .seconds(60)) throws {
        try DurableFile.write("", to: path)
        let end = ContinuousClock.now + timeout
        while isThere {
            guard ContinuousClock.now < end else {
                answer()
                throw EventStoreError(
                    .directory, "The process that feeds \(path) did not try again within \(timeout). See its log.")
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }
}
