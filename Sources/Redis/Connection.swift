import CRedis

/// One session with a Redis server.
///
/// - One thread at a time: a connection is not `Sendable` and takes no lock of its own.
/// - Never blocks for ever: connecting ends within `connectTimeout`, every command within `commandTimeout`.
/// - Never reconnects by itself. After a timeout or a loss it is closed (`isOpen` is false) and every further command
///   throws; the owner decides whether to open another one. A refusal by the server closes nothing.
package final class Connection {
    package enum Address: Hashable, Sendable, CustomStringConvertible {
        case tcp(host: String, port: Int)
        case unix(path: String)

        package var description: String {
            switch self {
            case .tcp(let host, let port): "\(host):\(port)"
            case .unix(let path): path
            }
        }
    }

    package let address: Address
    private let commandTimeout: Duration
    /// nil once the connection is closed.
    private var context: UnsafeMutablePointer<redisContext>?

    /// Connects. Host names are looked up by the system's resolver, which has a time limit of its own.
    package init(
        to address: Address,
        connectTimeout: Duration = .seconds(2),
        commandTimeout: Duration = .seconds(2)
    ) throws(RedisError) {
        self.address = address
        self.commandTimeout = commandTimeout
        context = try Self.open(address, connectTimeout)
    }

    deinit {
        close()
    }

    /// False after `close()`, after a timeout and after any loss of the connection.
    package var isOpen: Bool { context != nil }

    /// Ends the session. Closing twice does nothing.
    package func close() {
        redisFree(context)  // Takes nil.
        context = nil
    }

    /// Sends one command and waits for its reply, at most `timeout` (the connection's own where none is given).
    ///
    /// Throws where the server answers with an error. After `.timedOut` and `.connectionLost` it is unknown whether
    /// the command was carried out.
    @discardableResult
    package func command(_ arguments: [Argument], timeout: Duration? = nil) throws(RedisError) -> Reply {
        precondition(!arguments.isEmpty, "a command has at least its name")
        guard let context else { throw RedisError(.connectionLost, "The connection to \(address) is closed") }
        let deadline = ContinuousClock.now + (timeout ?? commandTimeout)
        let reply: Reply
        do throws(RedisError) {
            try send(Argument.encode(arguments), over: context, until: deadline)
            reply = try receive(from: context, until: deadline)
        } catch {
            close()  // A late reply must not be taken for the reply to the next command.
            throw error
        }
        if case .error(let refusal) = reply { throw refusal }
        return reply
    }

    @discardableResult
    package func command(_ arguments: Argument...) throws(RedisError) -> Reply {
        try command(arguments)
    }

    private static func open(
        _ address: Address,
        _ timeout: Duration
    ) throws(RedisError) -> UnsafeMutablePointer<redisContext> {
        let (seconds, attoseconds) = timeout.components
        let limit = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        let opened =
            switch address {
            case .tcp(let host, let port): redisConnectWithTimeout(host, CInt(clamping: port), limit)
            case .unix(let path): redisConnectUnixWithTimeout(path, limit)
            }
        guard let context = opened else { throw RedisError(.unableToConnect, "No memory for a connection") }
        guard context.pointee.err == 0 else {
            let reason = RedisError.reason(context)
            redisFree(context)
            throw RedisError(.unableToConnect, "Cannot connect to \(address): \(reason)")
        }
        return context
    }
}
