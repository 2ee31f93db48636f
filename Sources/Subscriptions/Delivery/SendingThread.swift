import Curl
import Dispatch

/// Waits for answers of one webhook, so that no thread has to on which tasks run.
struct SendingThread {
    private let queue = DispatchQueue(label: "daybook-webhook")
    private let sender = Sender()

    /// - Throws: `HTTPFailure` where there was no answer, or the task was cancelled meanwhile.
    func post(
        _ body: [UInt8], to url: String, _ fields: [(name: String, value: String)], within seconds: Double
    ) async throws -> HTTPSender.Answer {
        let stop = StopSignal()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.async { [sender] in
                    continuation.resume(
                        with: Result { try sender.post(body, to: url, fields, within: seconds, stop) })
                }
            }
        } onCancel: {
            stop.stop()
        }
    }

    /// Keeps the connection between requests. Used on the queue alone.
    private final class Sender: @unchecked Sendable {
        private var sender: HTTPSender?

        func post(
            _ body: [UInt8], to url: String, _ fields: [(name: String, value: String)], within seconds: Double,
            _ stop: StopSignal
        ) throws(HTTPFailure) -> HTTPSender.Answer {
            if let sender { return try sender.post(body, to: url, fields: fields, within: seconds, stop: stop) }
            let new = try HTTPSender()
            sender = new
            return try new.post(body, to: url, fields: fields, within: seconds, stop: stop)
        }
    }
}
