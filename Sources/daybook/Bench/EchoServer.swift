import ArgumentParser
import CommandAPI
import Foundation
import HTTPService
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

/// What the same server answers that has nothing to decide and nothing to write: a command comes in, its JSON is read as
/// the command API reads it, and its body goes back.
struct EchoServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "echo-server", abstract: "The server of the JSON echo.", shouldDisplay: false)

    func run() async throws {
        var logger = Logger(label: "daybook")
        logger.logLevel = .warning
        let server = APIServer(
            name: "daybook", router: Self.router(), options: APIServer.Options(port: 0), logger: logger
        ) { port in
            Terminal.write(Array("command API on http://127.0.0.1:\(port)\n".utf8))
        }
        try await ServiceGroup(services: [server], gracefulShutdownSignals: [.sigint, .sigterm], logger: logger).run()
    }

    private static func router() -> APIServer.Routes {
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ProblemMiddleware(CommandAPI.operations))
        router.post("/commands/:name") { request, context in
            guard let spec = CommandSpec.all[try context.part("name")] else { throw HTTPError(.notFound) }
            let body = try await request.body.collect(upTo: CommandAPI.bodyBytesMax)
            _ = try spec.command(from: body.readableBytesView)
            return Response.json(Array(body.readableBytesView))
        }
        return router
    }
}
