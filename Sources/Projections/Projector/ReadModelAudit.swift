package import EventStore
import GRDB
import Ledger

/// Compares what the read models say they applied with the log: counts and rolling hashes, and the files themselves.
package struct ReadModelAudit {
    private struct Running {
        let model: ReadModel
        let claimed: Checkpoint
        var expected = Checkpoint()
    }

    private var running: [Running]

    package init(_ models: ReadModels) throws {
        running = try models.all.map { Running(model: $0, claimed: try $0.checkpoint()) }
    }

    /// Takes every record of the log, in order.
    package mutating func add(_ record: EventStore.Record) {
        for index in running.indices where record.position <= running[index].claimed.position {
            running[index].expected.position = record.position
            running[index].expected.record = record.checksum
            if running[index].model.categories.contains(record.stream.category) {
                running[index].expected.tally.add(record.checksum)
            }
        }
    }

    /// Calls `report` for each difference, and for each damaged file.
    ///
    /// - Parameter file: told of each file before all of it is read.
    package func finish(file: (_ path: String) -> Void = { _ in }, report: (String) -> Void) throws {
        for audited in running {
            let model = audited.model
            file(model.path)
            if audited.expected != audited.claimed {
                report(
                    "The read model \"\(model.name)\" says it applied \(audited.claimed.tally.count) events through position \(audited.claimed.position); "
                        + "the log has \(audited.expected.tally.count) others. Run daybook rebuild \(model.name).")
            }
            for problem in Self.problems(of: model) {
                report("The file \(model.path) is damaged: \(problem). Run daybook rebuild \(model.name).")
            }
        }
    }

    /// Reads every page of the file, each of which has a checksum.
    private static func problems(of model: ReadModel) -> [String] {
        do {
            return try model.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") }.filter { $0 != "ok" }
        } catch {
            return ["\(error)"]
        }
    }
}
