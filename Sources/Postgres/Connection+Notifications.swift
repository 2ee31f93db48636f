import CPostgres
import Glibc

extension Connection {
    /// Waits until something is notified on a channel that this connection listens to, and takes in all that came.
    /// Returns false after `timeout`. A doorbell, no more: notifications are lost with the connection.
    package func waitForNotification(within timeout: Duration) throws(PostgresError) -> Bool {
        let handle = try openHandle()
        let deadline = ContinuousClock.now + timeout
        while !takeNotifications(handle) {
            guard try readiness(of: PQsocket(handle), for: POLLIN, until: deadline) != 0 else { return false }
            guard PQconsumeInput(handle) == 1 else { throw failure(of: handle) }
        }
        return true
    }

    private func takeNotifications(_ handle: OpaquePointer) -> Bool {
        var isAny = false
        while let notification = PQnotifies(handle) {
            PQfreemem(notification)
            isAny = true
        }
        return isAny
    }
}
