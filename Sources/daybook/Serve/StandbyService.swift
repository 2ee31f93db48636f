import EventStore
import Logging
import Postgres
import ServiceLifecycle
import UnixSignals

/// Leads or follows, whichever is called for, until it is told to stop: two machines that run this need nobody to watch them.
struct StandbyService: Service {
    let standby: Standby
    /// Opens the data directory for its part.
    let node: @Sendable (Standby.Part) async throws -> Node
    private let logger = Logger(label: "daybook")

    init(standby: Standby, node: @escaping @Sendable (Standby.Part) async throws -> Node) {
        self.standby = standby
        self.node = node
    }

    /// Runs until SIGINT or SIGTERM; those that come between two parts count as well.
    func runUntilStopped() async throws {
        let configuration = ServiceGroupConfiguration(
            services: [.init(service: self, successTerminationBehavior: .gracefullyShutdownGroup)],
            gracefulShutdownSignals: [.sigint, .sigterm], logger: logger)
        try await ServiceGroup(configuration: configuration).run()
    }

    func run() async throws {
        while let part = try await nextPart() {
            logger.info("\(part == .lead ? "taking the lead" : "standing by")")
            do {
                try await node(part).run()
                if part == .lead { return }
            } catch let error as EventStoreError where error.code == .led {
                logger.info("another machine was quicker to lead")
            }
        }
    }

    /// What to do next; nil when told to stop. Waits for as long as Postgres is away, for only there it is known who leads.
    private func nextPart() async throws -> Standby.Part? {
        var said: String?
        while !Task.isShuttingDownGracefully {
            do {
                return try standby.part()
            } catch let error as PostgresError where error.sqlState.isConnectionFailure {
                if said != error.description {
                    logger.warning("not knowing who leads", metadata: ["error": "\(error)"])
                    said = error.description
                }
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .milliseconds(500)) }
            }
        }
        return nil
    }
}
