import CRedis
import Glibc

/// hiredis connects and parses; sending and waiting are done here, because hiredis lets SIGPIPE end the process when
/// the server is gone, and counts its timeout anew for every piece of a reply.
extension Connection {
    func send(
        _ bytes: [UInt8],
        over context: UnsafeMutablePointer<redisContext>,
        until deadline: ContinuousClock.Instant
    ) throws(RedisError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(context.pointee.fd, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                try wait(for: POLLOUT, on: context, until: deadline)
            } else if errno != EINTR {
                throw RedisError(.connectionLost, "Lost \(address): \(String(cString: strerror(errno)))")
            }
        }
    }

    func receive(
        from context: UnsafeMutablePointer<redisContext>,
        until deadline: ContinuousClock.Instant
    ) throws(RedisError) -> Reply {
        while true {
            var raw: UnsafeMutableRawPointer?
            guard redisGetReplyFromReader(context, &raw) == REDIS_OK else {
                throw RedisError(.malformedReply, "\(address) sent what is not Redis: \(RedisError.reason(context))")
            }
            if let raw {
                defer { freeReplyObject(raw) }
                return try Reply(raw.assumingMemoryBound(to: redisReply.self).pointee)
            }
            try wait(for: POLLIN, on: context, until: deadline)
            guard redisBufferRead(context) == REDIS_OK else {
                throw RedisError(.connectionLost, "Lost \(address): \(RedisError.reason(context))")
            }
        }
    }

    private func wait(
        for events: CInt,
        on context: UnsafeMutablePointer<redisContext>,
        until deadline: ContinuousClock.Instant
    ) throws(RedisError) {
        var entry = pollfd(fd: context.pointee.fd, events: Int16(events), revents: 0)
        while true {
            // Rounded up, so that the last millisecond is waited for and not spun through.
            let remaining = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
            let count = poll(&entry, 1, CInt(clamping: Int64(max(0, remaining).rounded(.up))))
            if count > 0 { return }
            if count < 0, errno != EINTR {
                throw RedisError(.connectionLost, "Lost \(address): \(String(cString: strerror(errno)))")
            }
            if count == 0, ContinuousClock.now >= deadline {
                throw RedisError(.timedOut, "\(address) did not answer in time")
            }
        }
    }
}
