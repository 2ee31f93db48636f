import CommandAPI
import EventStore
import Foundation
import HTTPService
import Logging
import Projections
import QueryAPI
import ServiceLifecycle
import Subscriptions
import Synchronization
import UnixSignals

/// One process at work on one data directory: opens what its roles need, and runs it until it is told to stop.
struct Node {
    let commandPort: Int
    let queryPort: Int
    private let settings: Settings
    private let roles: Set<Role>
    private let demo: Bool
    private let part: Standby.Part?
    private let store: Store
    private let models: ReadModels
    private let replicator: Replicator?
    private let follower: LogFollower?
    private let logger = Logger(label: "daybook")
    /// How long requests in hand may take to end once the process is told to stop.
    private static let shutdownMax = Duration.seconds(10)

    /// - Parameter part: of several machines, of which one leads; nil where this one is alone, or one of equals.
    init(
        directory: String, settings: Settings, sharedLog: String?, roles: Set<Role>, commandPort: Int, queryPort: Int,
        demo: Bool, part: Standby.Part? = nil
    ) async throws {
        let sharedLog = part == .follow ? settings.postgresURL : sharedLog
        let roles = part == .follow ? roles.intersection([.query, .project]) : roles
        self.settings = settings
        self.roles = roles
        self.part = part
        self.commandPort = commandPort
        self.queryPort = queryPort
        self.demo = demo
        store = try Store(
            directory: directory, access: roles.contains(.command) || sharedLog != nil ? .readWrite : .readOnly,
            logBytesMax: settings.logMapMiB << 20, postgresURL: sharedLog)
        models = try ReadModels(of: store, repairing: roles.contains(.project) ? logger : nil)
        replicator = sharedLog == nil ? try Self.replicator(of: store, roles, settings, part, logger) : nil
        if roles.contains(.command) || replicator != nil { try store.requireOwnLog() }
        follower = try LogFollower(
            store, makesSchema: roles.contains(.command), standsBy: part == .follow, logger: logger)
        logger.info("opened", metadata: ["data": "\(directory)", "head": "\(store.log.headPosition)"])
    }

    /// Runs until SIGINT or SIGTERM, or until its part is over. Throws where something failed.
    func run() async throws {
        // Both APIs full, and what the store and its read models have open.
        OpenFiles.raiseLimit(wanted: 2 * settings.connectionsMax + 1_024, logger)
        if let replicator {
            replicator.start()
            guard try await leads(replicator) else { return }
        }
        follower?.start()
        let writer = try await startWriter()
        do {
            try await group(of: try services(writer)).run()
        } catch is FollowerService.IsToLead {}
        await writer?.stop()  // Again, for where the time ran out before its turn came.
        try store.settle()
        logger.info("stopped", metadata: ["head": "\(store.log.headPosition)"])
    }

    private func startWriter() async throws -> Writer? {
        guard roles.contains(.command) else { return nil }
        var options = Writer.Options()
        options.queueCapacity = settings.queueCapacity
        let writer = store.startWriter(options, replicator: replicator, logger: logger)
        if demo { try await fillDemo(writer) }
        return writer
    }

    /// In the opposite of the order in which they are stopped: servers first, then the Writer, and last whom its answers wait for.
    private func services(_ writer: Writer?) throws -> [any Service] {
        var services: [any Service] = []
        if let replicator { services.append(ReplicatorService(replicator: replicator)) }
        if let follower { services.append(FollowerService(follower: follower)) }
        if let writer { services.append(WriterService(writer: writer)) }
        if roles.contains(.project) {
            let projectors = try models.projectors(of: store, logger: logger)
            models.buildNew(from: store, logger: logger)
            services.append(ProjectorService(projectors: projectors))
        }
        if roles.contains(.deliver) {
            services.append(DelivererService(deliverer: try Deliverer(store: store, logger: logger)))
        }
        let listening = Listening(count: roles.intersection([.command, .query]).count) { ports in announce(ports) }
        if roles.contains(.query) {
            let api = QueryAPI(store: store, models: models, replicator: replicator, follower: follower)
            services.append(server(.query, api.router(), queryPort, listening))
        }
        if let writer {
            let (settings, queryPort) = (settings, queryPort)
            let api = CommandAPI(
                writer: writer, store: store,
                queryURL: settings.queryURL ?? "http://\(settings.host):\(listening.port(of: .query) ?? queryPort)")
            services.append(server(.command, api.router(), commandPort, listening))
        }
        return services
    }

    private func group(of services: [any Service]) -> ServiceGroup {
        var configuration = ServiceGroupConfiguration(
            services: services.map {
                .init(
                    service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup)
            }, gracefulShutdownSignals: [.sigint, .sigterm], logger: logger)
        // A client that keeps a stream open and says nothing must not keep the process.
        configuration.maximumGracefulShutdownDuration = Self.shutdownMax
        return ServiceGroup(configuration: configuration)
    }

    /// Waits, where others stand by, until it is certain that this one leads; false where it is told to stop meanwhile.
    private func leads(_ replicator: Replicator) async throws -> Bool {
        guard part == .lead else { return true }
        try await cancelWhenGracefulShutdown { try await replicator.untilLeading() }
        guard Task.isShuttingDownGracefully else { return true }
        await replicator.stop()
        return false
    }

    private func fillDemo(_ writer: Writer) async throws {
        if let replicator, settings.replication == .sync {
            guard await replicator.connections.reached(1, within: .seconds(10)) else {
                throw Failure(
                    .environment,
                    replicator.status.trouble ?? "The copy in Postgres was not reached, and commands wait for it.")
            }
        }
        try await DemoShop.fill(store, writer)
    }

    private static func replicator(
        of store: Store, _ roles: Set<Role>, _ settings: Settings, _ part: Standby.Part?, _ logger: Logger
    ) throws -> Replicator? {
        guard roles.contains(.replicate), let url = settings.postgresURL else {
            if roles == [.replicate] {
                throw Failure(.usage, "The role replicate alone has nothing to do: set DAYBOOK_POSTGRES_URL.")
            }
            guard settings.replication == .sync, roles.contains(.command) else { return nil }
            throw Failure(
                .usage,
                "DAYBOOK_REPLICATION is sync, so that commands wait for the copy: set DAYBOOK_POSTGRES_URL, and have the roles command and replicate in one process."
            )
        }
        var options = Replicator.Options(url: url)
        options.mode = settings.replication
        options.hasStandby = part == .lead
        return try Replicator(store, options, logger: logger)
    }

    private func server(
        _ role: Role, _ router: APIServer.Routes, _ port: Int, _ listening: Listening
    ) -> APIServer {
        var options = APIServer.Options(port: port)
        options.host = settings.host
        options.limits.connectionsMax = settings.connectionsMax
        options.limits.connectionsPerAddressMax = settings.connectionsPerAddressMax
        options.limits.idleSecondsMax = Double(settings.idleSecondsMax)
        if role == .command { options.streamedPaths = CommandAPI.streamedPaths }
        return APIServer(name: "daybook", router: router, options: options, logger: logger) { port in
            listening.add(role, port)
        }
    }

    private func announce(_ ports: [Role: Int]) {
        var text = ports.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { "\($0.key.rawValue) API on http://\(settings.host):\($0.value)\n" }.joined()
        if demo, let command = ports[.command], let query = ports[.query] {
            text += DemoShop.invitation(host: settings.host, commandPort: command, queryPort: query) + "\n"
        }
        Terminal.write(Array(text.utf8))
    }
}

/// Collects the ports of servers as they begin to listen, and tells them together.
private final class Listening: Sendable {
    private let ports = Mutex<[Role: Int]>([:])
    private let count: Int
    private let announce: @Sendable ([Role: Int]) -> Void

    init(count: Int, announce: @escaping @Sendable ([Role: Int]) -> Void) {
        self.count = count
        self.announce = announce
    }

    func port(of role: Role) -> Int? { ports.withLock { $0[role] } }

    func add(_ role: Role, _ port: Int) {
        let all = ports.withLock { ports in
            ports[role] = port
            return ports
        }
        if all.count == count { announce(all) }
    }
}

/// Keeps the Writer for as long as the process runs; a poisoned one stops the process.
private struct WriterService: Service {
    let writer: Writer

    func run() async throws {
        let fault = await withGracefulShutdownHandler {
            await writer.untilEnded()
        } onGracefulShutdown: {
            Task { await writer.stop() }
        }
        if let fault { throw fault }
    }
}

/// Keeps the copy for as long as the process runs; one that must not go on stops the process.
private struct ReplicatorService: Service {
    let replicator: Replicator

    func run() async throws {
        let fault = await withGracefulShutdownHandler {
            await replicator.untilEnded()
        } onGracefulShutdown: {
            Task { await replicator.stop() }
        }
        if let fault { throw fault }
    }
}

/// Keeps the copy of a shared log growing; one that can't be kept stops the process, and one that is to lead its part.
private struct FollowerService: Service {
    let follower: LogFollower

    /// To end well while other services are still to be stopped would be unexpected: it is thrown.
    struct IsToLead: Error {}

    func run() async throws {
        let leads = try await withGracefulShutdownHandler {
            try await follower.untilEnded()
        } onGracefulShutdown: {
            Task { await follower.stop() }
        }
        if leads { throw IsToLead() }
    }
}

/// Keeps the projectors for as long as the process runs.
private struct ProjectorService: Service {
    let projectors: [Projector]

    func run() async throws {
        for projector in projectors { projector.start() }
        try? await gracefulShutdown()
        for projector in projectors { await projector.stop() }
    }
}

/// Sends events to webhooks for as long as the process runs.
private struct DelivererService: Service {
    let deliverer: Deliverer

    func run() async throws { await cancelWhenGracefulShutdown { await deliverer.run() } }
}
