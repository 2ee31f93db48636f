import CommandAPI
package import EventStore
package import HTTPService
import Hummingbird
import Logging
package import Projections
package import QueryAPI
import ServiceLifecycle

/// A whole shop in a directory of its own: store, Writer, read models with their projectors, and both APIs on ports of
/// 127.0.0.1 which nobody else has.
package struct TestShop: Sendable {
    package struct Setup: Sendable {
        package var writer = Writer.Options()
        package var query = QueryAPI.Options()
        /// Whether the projectors run; without them the read models stay where they are.
        package var projects = true
        /// Of both servers.
        package var limits = ServerLimits()
        /// How many commands may be in hand at once.
        package var commandsInHand = 64...1_024

        package init() {}
    }

    package let store: Store
    package let writer: Writer
    package let models: ReadModels
    package let commands: RunningServer
    package let queries: RunningServer

    /// Opens a shop for as long as `body` runs; everything is stopped and closed when this returns.
    @discardableResult
    package static func open<R>(
        _ setup: Setup = Setup(), in directory: DataDirectory? = nil, _ body: (TestShop) async throws -> R
    ) async throws -> R {
        let directory = try directory ?? DataDirectory()
        return try await directory.open(setup.writer) { store, writer in
            let models = try ReadModels(directory: store.readModelsDirectory)
            let projectors = setup.projects ? try models.projectors(of: store, logger: .silent) : []
            for projector in projectors { projector.start() }
            let result = await serving(store, writer, models, setup, body)
            for projector in projectors { await projector.stop() }
            return try result.get()
        }
    }

    private static func serving<R>(
        _ store: Store, _ writer: Writer, _ models: ReadModels, _ setup: Setup, _ body: (TestShop) async throws -> R
    ) async -> Result<R, any Error> {
        do {
            let questions = QueryAPI(store: store, models: models, options: setup.query)
            var options = APIServer.Options(port: 0)
            options.limits = setup.limits
            let queries = try await RunningServer("test-queries", questions.router(), options)
            let orders = CommandAPI(writer: writer, store: store, queryURL: "http://127.0.0.1:\(queries.port)")
            options.streamedPaths = CommandAPI.streamedPaths
            options.requestsInHand = setup.commandsInHand
            let commands = try await RunningServer("test-commands", orders.router(), options)
            let shop = TestShop(store: store, writer: writer, models: models, commands: commands, queries: queries)
            let result: Result<R, any Error>
            do { result = .success(try await body(shop)) } catch { result = .failure(error) }
            try await commands.stop()
            try await queries.stop()
            return result
        } catch {
            return .failure(error)
        }
    }
}

/// An API's server on a free port, until it is stopped.
package final class RunningServer: Sendable {
    package struct DidNotStart: Error {}

    package let port: Int
    private let group: ServiceGroup
    private let running: Task<Void, any Error>

    package init(
        _ name: String, _ router: APIServer.Routes, _ options: APIServer.Options = .init(port: 0)
    ) async throws {
        let (ports, report) = AsyncStream<Int>.makeStream()
        let server = APIServer(name: name, router: router, options: options, logger: .silent) { port in
            report.yield(port)
        }
        let group = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: .silent))
        self.group = group
        running = Task {
            defer { report.finish() }
            try await group.run()
        }
        guard let port = await ports.first(where: { _ in true }) else { throw DidNotStart() }
        self.port = port
    }

    /// Shuts down gracefully and returns when the server has ended.
    package func stop() async throws {
        await group.triggerGracefulShutdown()
        try await running.value
    }
}
