import EventStore
import Foundation
import FoundationNetworking
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

    func request(to url: URL, secrets: [WebhookSecret], now: Date, timeout: TimeInterval) -> URLRequest {
        let timestamp = Int64(now.timeIntervalSince1970)
        let signatures = secrets.map { $0.signature(id: id, timestamp: timestamp, body: body) }
        var request = URLRequest(url: url, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: timeout)
        request.httpMethod = "POST"
        request.httpBody = Data(body)
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.setValue("Daybook", forHTTPHeaderField: "User-Agent")
        request.setValue(id, forHTTPHeaderField: "webhook-id")
        request.setValue(String(timestamp), forHTTPHeaderField: "webhook-timestamp")
        request.setValue(signatures.joined(separator: " "), forHTTPHeaderField: "webhook-signature")
        return request
    }
}
