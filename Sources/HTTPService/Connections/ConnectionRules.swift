import NIOCore

/// What all connections of one server share.
final class ConnectionRules: Sendable {
    let limits: ServerLimits
    let admission: Admission
    let census: ConnectionCensus
    /// Paths whose POST has a body without end: neither size nor time of it is bounded, only its rate.
    private let streamedPaths: [[UInt8]]
    /// Paths that are answered whatever the load is.
    private let unshedPaths: [[UInt8]]
    /// The refusals of an overloaded server, made once: they must cost next to nothing.
    let overloaded: ByteBuffer
    let overloadedBodiless: ByteBuffer

    init(limits: ServerLimits, admission: Admission, streamedPaths: Set<String>, unshedPaths: Set<String>) {
        self.limits = limits
        self.admission = admission
        census = ConnectionCensus(limits)
        self.streamedPaths = streamedPaths.map { Array($0.utf8) }
        self.unshedPaths = unshedPaths.map { Array($0.utf8) }
        overloaded = Self.overload.rawAnswer(closes: false)
        overloadedBodiless = Self.overload.rawAnswer(closes: false, bodiless: true)
    }

    static let overload = Problem.unavailable(
        "overloaded", "More is asked of Daybook than it can answer in time. Send it again in a second.",
        retryAfterSeconds: 1)

    static let tooManyConnections = Problem.unavailable(
        "too_many_connections",
        "Too many connections are open, in all or from this address. Use those that are open, or come back in a second.",
        retryAfterSeconds: 1)

    /// Whether the request's body is a stream.
    func isStream(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) -> Bool {
        head.method == .post && streamedPaths.contains { $0.elementsEqual(bytes[head.path]) }
    }

    /// Whether the request may be refused because of load. Streams may not: they are slowed down instead.
    func isShed(_ head: RequestHead, isStream: Bool, _ bytes: UnsafeRawBufferPointer) -> Bool {
        !isStream && !unshedPaths.contains { $0.elementsEqual(bytes[head.path]) }
    }
}
