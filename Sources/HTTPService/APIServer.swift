package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import ServiceLifecycle

/// One HTTP server with the limits both APIs share.
package struct APIServer: Service {
    package typealias Routes = Router<BasicRequestContext>

    package struct Options: Sendable {
        package var host = "127.0.0.1"
        /// 0 takes a free one.
        package var port: Int
        package var limits = ServerLimits()
        /// How many ordinary requests are let in at once as long as no more ask, and how many at the most.
        package var requestsInHand = 64...1_024
        /// Paths whose POST has a body without end.
        package var streamedPaths: Set<String> = []
        /// Paths that are answered whatever the load is.
        package var unshedPaths: Set<String> = ["/health", "/ready", "/openapi.json"]

        package init(port: Int) { self.port = port }
    }

    private let application: Application<RouterResponder<BasicRequestContext>>
    /// Refused connections are answered and closed; while more than so many of them are, further ones wait.
    private static let refusedConnectionsMax = 256

    /// - Parameter onListening: told the port once connections are accepted.
    package init(
        name: String, router: Routes, options: Options, logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        let limits = options.limits
        let rules = ConnectionRules(
            limits: limits,
            admission: Admission(
                .init(inHandMin: options.requestsInHand.lowerBound, inHandMax: options.requestsInHand.upperBound)),
            streamedPaths: options.streamedPaths, unshedPaths: options.unshedPaths)
        // Idle connections and what is too large are the guard's; the parser's own limits must not come before.
        let configuration = HTTP1Channel.Configuration(
            httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                maxHeaderFieldSize: limits.headBytesMax, maxHeaderListSize: limits.headBytesMax,
                maxHeaderFieldCount: limits.headFieldsMax))
        application = Application(
            responder: router.buildResponder(),
            server: HTTPServerBuilder { responder in
                GuardedChannel(http1: HTTP1Channel(responder: responder, configuration: configuration), rules: rules)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(options.host, port: options.port), serverName: name,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    limits.connectionsMax + Self.refusedConnectionsMax)),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) },
            logger: logger)
    }

    package func run() async throws {
        try await application.run()
    }
}
