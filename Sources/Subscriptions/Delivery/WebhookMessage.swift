import EventStore
import Foundation
import JSON
import Ledger

/// An event on its way to a webhook, as Standard Webhooks has it (https://www.standardwebhooks.com).
struct WebhookMessage {
    /// The same each time that it is sent, so that a receiver knows what it has already.
    let id: String
    let body: [UInt8]

    init(_ event: Recorded) {
        id = "evt_\(event.record.position)"
        body = JSONWriter.object { writer in
            writer.field("type", event.record.type.name)
            writer.field("timestamp", event.record.recordedAt.description)
            writer.key("data")
            event.write(to: &writer)
        }
    }

    func fields(secrets: [WebhookSecret], now: Date) -> [(name: String, value: String)] {
        let timestamp = Int64(now.timeIntervalSince1970)
        let signatures = secrets.map { $0.signature(id: id, timestamp: timestamp, body: body) }
        return [
            ("Content-Type", "application/json"), ("User-Agent", "Daybook"), ("webhook-id", id),
            ("webhook-timestamp", String(timestamp)), ("webhook-signature", signatures.joined(separator: " ")),
        ]
    }
}
