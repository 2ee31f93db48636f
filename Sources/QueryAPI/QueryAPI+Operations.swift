import EventStore
import HTTPService
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Projections

/// For operators: whether it lives, whether it is of use, how it stands.
extension QueryAPI {
    static let operationOperations = [
        HTTPService.Operation("GET", "/health", "Whether the process is alive."),
        HTTPService.Operation("GET", "/ready", "Whether the read models are close to the log.", errors: [503]),
        HTTPService.Operation("GET", "/status", "Head, lag of every projection, sizes."),
        HTTPService.Operation("GET", "/metrics", "The same for Prometheus."),
    ]

    func addOperationRoutes(to router: Router<BasicRequestContext>) {
        router.get("/health") { _, _ in Response.json(JSONWriter.object { $0.field("status", "alive") }) }
        router.get("/ready") { _, _ in
            let reasons = try notReady()
            guard reasons.isEmpty else {
                throw Problem.unavailable("not_ready", reasons.joined(separator: " "), retryAfterSeconds: 1)
            }
            return Response.json(JSONWriter.object { $0.field("status", "ready") })
        }
        router.get("/status") { _, _ in
            let status = try Status(of: store, models)
            return Response.json(JSONWriter.object { status.write(to: &$0) })
        }
        router.get("/metrics") { _, _ in
            let text = try Self.metrics(try Status(of: store, models))
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
        }
    }

    private func notReady() throws -> [String] {
        try Status(of: store, models).projections.compactMap { projection in
            if let failure = projection.stoppedBy {
                return
                    "The projection \"\(projection.name)\" stopped behind position \(failure.after): \(failure.message)"
            }
            guard projection.lag > options.lagMax else { return nil }
            return "The projection \"\(projection.name)\" is \(projection.lag) events behind."
        }
    }

    /// Prometheus text format, version 0.0.4.
    private static func metrics(_ status: Status) throws -> String {
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
        return lines.joined(separator: "\n") + "\n"
    }
}
