import Foundation

/// The clock of all measurements: nanoseconds that only grow.
enum Nanoseconds {
    static var now: UInt64 {
        var clock = timespec()
        clock_gettime(CLOCK_MONOTONIC, &clock)
        return UInt64(clock.tv_sec) * 1_000_000_000 + UInt64(clock.tv_nsec)
    }
}
