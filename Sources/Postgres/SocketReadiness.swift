import Glibc

/// Waits until the socket is ready and returns what for, or 0 when the deadline passes first.
func readiness(
    of socket: CInt,
    for events: CInt,
    until deadline: ContinuousClock.Instant?
) throws(PostgresError) -> Int16 {
    var entry = pollfd(fd: socket, events: Int16(events), revents: 0)
    while true {
        // Rounded up, so that the last millisecond is waited for and not spun through.
        let remaining = deadline.map { max(0, ContinuousClock.now.duration(to: $0).wholeMilliseconds + 1) } ?? -1
        let count = poll(&entry, 1, CInt(clamping: remaining))
        if count > 0 { return entry.revents }
        if count < 0, errno != EINTR {
            throw PostgresError(.connectionFailure, "poll failed with errno \(errno)")
        }
        if count == 0, let deadline, ContinuousClock.now >= deadline { return 0 }
    }
}
