/// What a client may take of a server: time, bytes and connections. Everybody else is served the better for each.
package struct ServerLimits: Sendable {
    /// Open connections in all. One more is answered 503 and closed.
    package var connectionsMax = 4_096
    /// Open connections of one address; a proxy counts as one. One more is answered 503 and closed.
    package var connectionsPerAddressMax = 1_024
    /// A connection between two requests is closed after so long.
    package var idleSecondsMax = 60.0
    /// From a request's first byte to the end of its head; then 408.
    package var headSecondsMax = 10.0
    /// From the head to the end of the body, where the body is taken as a whole; then 408.
    package var bodySecondsMax = 30.0
    /// While bytes are awaited from the client, or wait to be taken by it, so many must move …
    package var bytesPerWindowMin = 1_024
    /// … in so long; else the connection is closed. This alone bounds streams, in both directions.
    package var windowSeconds = 10.0
    /// How long a connection that got its last answer is read on, so that the answer is not lost with it.
    package var lingerSecondsMax = 2.0
    package var headBytesMax = 32 << 10
    package var headFieldsMax = 100
    package var targetBytesMax = 8 << 10
    /// Of a body that is taken as a whole.
    package var bodyBytesMax = 1 << 20
    /// After so long a request is told that there is too much to do. At once would be sooner to no avail: who waits for
    /// an answer before asking again would ask the more often, and refusing would take the processors from those let in.
    package var shedMicroseconds: Int64 = 1_500
    /// How often each connection's deadlines are looked at: none is kept more exactly than this.
    package var checkSeconds = 1.0

    package init() {}
}
