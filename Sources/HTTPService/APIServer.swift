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
        /// Further connections wait until one is closed.
        package var connectionsMax = 4_096
        /// A connection on which nothing moved for so long is closed.
        package var idleTimeoutSeconds = 60
        package var headerBytesMax = 32 << 10
        package var headersMax = 100
        /// Whether a connection is answered on its event loop: for answers that never hold a thread for long.
        package var answersOnEventLoop = false

        package init(port: Int) { self.port = port }
    }

    private let application: Application<RouterResponder<BasicRequestContext>>

    /// - Parameter onListening: told the port once connections are accepted.
    package init(
        name: String, router: Routes, options: Options, logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        let configuration = HTTP1Channel.Configuration(
            idleTimeout: .seconds(Int64(options.idleTimeoutSeconds)),
            httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                maxHeaderFieldSize: options.headerBytesMax, maxHeaderListSize: options.headerBytesMax,
                maxHeaderFieldCount: options.headersMax))
        application = Application(
            responder: router.buildResponder(),
            server: HTTPServerBuilder { responder in
                let channel = HTTP1Channel(responder: responder, configuration: configuration)
                return options.answersOnEventLoop ? OnEventLoop(channel) : channel
            },
            configuration: ApplicationConfiguration(
                address: .hostname(options.host, port: options.port), serverName: name,
                availableConnectionsDelegate: MaximumAvailableConnections(options.connectionsMax)),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) },
            logger: logger)
    }

    package func run() async throws {
        try await application.run()
    }
}
