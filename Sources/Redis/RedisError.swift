import CRedis

/// Why Redis, or the connection to it, did not do what was asked. Arguments of commands are in it only where the
/// server repeats them.
package struct RedisError: Error, Hashable, Sendable {
    /// The first word of the server's error, or one of the lower-case codes found on this side.
    package struct Code: RawRepresentable, Hashable, Sendable {
        package let rawValue: String

        package init(rawValue: String) {
            self.rawValue = rawValue
        }

        package static let unableToConnect = Code(rawValue: "unable_to_connect")
        /// The server went away; closed connections stay closed.
        package static let connectionLost = Code(rawValue: "connection_lost")
        package static let timedOut = Code(rawValue: "timed_out")
        package static let malformedReply = Code(rawValue: "malformed_reply")

        package static let error = Code(rawValue: "ERR")
        package static let wrongType = Code(rawValue: "WRONGTYPE")
        package static let authenticationRequired = Code(rawValue: "NOAUTH")
        package static let outOfMemory = Code(rawValue: "OOM")
        package static let loading = Code(rawValue: "LOADING")
        package static let readOnly = Code(rawValue: "READONLY")
        package static let noScript = Code(rawValue: "NOSCRIPT")
    }

    package let code: Code
    package let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Splits `WRONGTYPE Operation against …`.
    init(reply: String) {
        let word = reply.prefix { $0 != " " }
        code = Code(rawValue: String(word))
        message = String(reply.dropFirst(word.count + 1))
    }

    /// What hiredis says went wrong.
    static func reason(_ context: UnsafeMutablePointer<redisContext>) -> String {
        withUnsafeBytes(of: &context.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension RedisError: CustomStringConvertible {
    package var description: String { "\(message) (\(code.rawValue))" }
}
