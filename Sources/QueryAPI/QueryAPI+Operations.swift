import EventStore
import HTTPService
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Projections
import Subscriptions

/// For operators: whether it lives, whether it is of use, how it stands.
extension QueryAPI {
    static let operationOperations = [
        HTTPService.Operation("GET", "/health", "Whether the process is alive."),
        HTTPService.Operation(
            "GET", "/ready", "Whether the read models and the copy are close to the log.", errors: [503]),
        HTTPService.Operation("GET", "/status", "Head, lag of every projection and of the copy, sizes."),
        HTTPService.Operation("GET", "/metrics", "The same for Prometheus."),
    ]

    func addOperationRoutes(to router: Router<BasicRequestContext>) {
        router.get("/health") { _, _ in Response.json(JSONWriter.object { $0.field("status", "alive") }) }
        router.get("/ready") { _, _ in
            let status = try status()
            let reasons = notReady(status)
            guard reasons.isEmpty else {
                throw Problem.unavailable("not_ready", reasons.joined(separator: " "), retryAfterSeconds: 1)
            }
            return Response.json(
                JSONWriter.object { writer in
                    writer.field("status", "ready")
                    if let replica = status.replica { writer.field("replica", Self.standing(of: replica)) }
                })
        }
        router.get("/status") { _, _ in
            let status = try status()
            let subscriptions = try subscriptionStates()
            return Response.json(
                JSONWriter.object { writer in
                    status.write(to: &writer)
                    writer.key("subscriptions")
                    writer.array { writer in for state in subscriptions { state.write(to: &writer, head: status.head) }
                    }
                })
        }
        router.get("/metrics") { _, _ in
            let text = try Self.metrics(try status(), try subscriptionStates())
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
        }
    }

    private func status() throws -> Status { try Status(of: store, models, replicator?.status, follower?.status) }

    private func notReady(_ status: Status) -> [String] {
        status.projections.compactMap(notReady) + (status.replica.map(notReady) ?? [])
            + (status.shared?.trouble.map { [$0] } ?? [])
    }

    /// Where commands don't wait for the copy, a copy that is away is no reason to send no commands.
    private func notReady(_ replica: Status.Replica) -> [String] {
        replica.mode == .sync && replica.trouble != nil ? [Self.standing(of: replica)] : []
    }

    private static func standing(of replica: Status.Replica) -> String {
        let lag = "The copy in Postgres is \(replica.lag) events and \(replica.lagSeconds) s behind."
        return replica.trouble.map { lag + " " + $0 } ?? lag
    }

    private func notReady(_ projection: Status.Projection) -> String? {
        if let failure = projection.stoppedBy {
            return
                "The projection \"\(projection.name)\" stopped behind position \(failure.after): \(failure.message)"
        }
        guard projection.lag > options.lagMax else { return nil }
        return "The projection \"\(projection.name)\" is \(projection.lag) events behind."
    }

    /// Prometheus text format, version 0.0.4.
    private static func metrics(_ status: Status, _ subscriptions: [SubscriptionState]) throws -> String {
        var lines: [String] = []
        func gauge(_ name: String, _ help: String, _ values: [(label: String, value: UInt64)]) {
            lines += ["# HELP \(name) \(help)", "# TYPE \(name) gauge"]
            lines += values.map { "\(name)\($0.label) \($0.value)" }
        }
        func each(_ value: (Status.Projection) -> UInt64) -> [(label: String, value: UInt64)] {
            status.projections.map { ("{projection=\"\($0.name)\"}", value($0)) }
        }
        gauge("daybook_log_head_position", "The newest durable position.", [("", status.head.rawValue)])
        gauge("daybook_log_bytes", "The size of the log's file.", [("", UInt64(status.logBytes))])
        gauge("daybook_index_bytes", "The size of the index's file.", [("", UInt64(status.indexBytes))])
        gauge("daybook_projection_position", "How far the read model has come.", each { $0.position.rawValue })
        gauge("daybook_projection_lag_events", "Events of the log that are not in the read model.", each { $0.lag })
        gauge("daybook_projection_bytes", "The size of the read model's file.", each { UInt64($0.sizeOnDiskBytes) })
        gauge(
            "daybook_projection_stopped", "1 where the projection stopped at an event.",
            each { $0.stoppedBy == nil ? 0 : 1 })
        gauge(
            "daybook_projection_parked", "Events that were set aside, and those that wait behind them.",
            each { $0.parked.reduce(0) { $0 + 1 + UInt64($1.waiting) } })
        if let replica = status.replica {
            gauge(
                "daybook_replica_position", "How far the copy in Postgres has come.", [("", replica.position.rawValue)])
            gauge("daybook_replica_lag_events", "Events of the log that are not in the copy.", [("", replica.lag)])
            gauge(
                "daybook_replica_lag_seconds", "Since when the oldest of them is in the log.",
                [("", UInt64(replica.lagSeconds))])
            gauge(
                "daybook_replica_away", "1 while nothing can be copied.", [("", replica.trouble == nil ? 0 : 1)])
        }
        if let shared = status.shared {
            gauge(
                "daybook_shared_log_away", "1 while others' events can't be had.", [("", shared.trouble == nil ? 0 : 1)]
            )
        }
        if !subscriptions.isEmpty {
            func each(_ value: (SubscriptionState) -> UInt64) -> [(label: String, value: UInt64)] {
                subscriptions.map { ("{subscription=\"\($0.subscription.name)\"}", value($0)) }
            }
            gauge(
                "daybook_subscription_lag_events", "Events of the log that were not looked at for the subscriber.",
                each { $0.lag(behind: status.head) })
            gauge(
                "daybook_subscription_failures", "How often in a row the next event was not taken.",
                each { UInt64($0.progress.failures) })
            gauge(
                "daybook_subscription_paused", "1 while nothing is sent, by an operator or because it failed for long.",
                each { $0.pausedBecause == nil ? 0 : 1 })
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
