import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// Hummingbird's HTTP/1.1 connections, each behind a guard.
struct GuardedChannel: ServerChildChannel {
    let http1: HTTP1Channel
    let rules: ConnectionRules

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        let address = channel.remoteAddress?.ipAddress ?? "unnamed"
        let isCounted = rules.census.enter(address)
        if isCounted { channel.closeFuture.whenComplete { [rules] _ in rules.census.leave(address) } }
        return http1.setup(channel: channel, logger: logger).flatMapThrowing { [rules] value in
            let pipeline = channel.pipeline.syncOperations
            let gate = ConnectionGuard(rules, refusal: isCounted ? nil : ConnectionRules.tooManyConnections)
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(ResponseWatch(gate), position: .after(decoder))
            try pipeline.addHandler(gate, position: .first)
            return value
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await http1.handle(value: value, logger: logger)
    }
}
