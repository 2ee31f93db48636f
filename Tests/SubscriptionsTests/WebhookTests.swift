import EventStore
import Foundation
import HTTPTypes
import Ledger
import Synchronization
import TestSupport
import TestTools
import Testing

@testable import Subscriptions

@Suite("Webhooks", .serialized, .timeLimit(.minutes(5)))
struct WebhookTests {
    /// A shop whose events go to a receiver.
    private func withWebhook(
        types: [String] = [], plan: RetryPlan = .quick,
        _ body: (Store, Writer, Receiver, SubscriptionStore) async throws -> Void
    ) async throws {
        try await DataDirectory().open { store, writer in
            let receiver = Receiver()
            try await receiver.serve { url in
                let subscriptions = SubscriptionStore(in: store.directory)
                try subscriptions.add(try Subscription(name: "erp", types: types, webhookURL: url), from: .start)
                try await delivering(store, plan) { try await body(store, writer, receiver, subscriptions) }
            }
        }
    }

    private func delivering(_ store: Store, _ plan: RetryPlan = .quick, _ body: () async throws -> Void) async throws {
        let deliverer = try Deliverer(store: store, plan: plan, logger: .silent)
        let running = Task { await deliverer.run() }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        running.cancel()
        await running.value
        try result.get()
    }

    private func register(_ skus: String..., on writer: Writer) async throws {
        for sku in skus { try await writer.accept("register-product", #"{"sku":"\#(sku)","name":"\#(sku)"}"#) }
    }

    @Test("Each event is sent once, in the order of the log, whole, and how far that is is remembered")
    func order() async throws {
        try await withWebhook { store, writer, receiver, subscriptions in
            try await register("A", "B", "C", on: writer)
            try await until { receiver.messages.count == 3 }
            #expect(receiver.messages.map(\.position) == [1, 2, 3])
            #expect(receiver.messages.map(\.id) == ["evt_1", "evt_2", "evt_3"])
            let message = receiver.messages[1].json
            #expect(message["type"] == "product.registered")
            #expect(message["data"]["stream"] == "product-B")
            #expect(message["timestamp"] == message["data"]["recordedAt"])
            try await until { try subscriptions.progress("erp")?.position == 3 }
        }
    }

    @Test("Only what was asked for is sent, and what was not does not hold it up")
    func filtered() async throws {
        try await withWebhook(types: ["stock.received"]) { store, writer, receiver, subscriptions in
            try await register("A", on: writer)
            try await writer.accept("receive-stock", #"{"sku":"A","location":"main","quantity":1}"#)
            try await register("B", on: writer)
            try await until { try subscriptions.progress("erp")?.position == 3 }
            #expect(receiver.messages.map(\.position) == [2])
        }
    }

    @Test("What fails is sent again under the same id until it is taken, and nothing overtakes it")
    func retried() async throws {
        try await withWebhook { store, writer, receiver, subscriptions in
            let left = Mutex(5)
            receiver.answer { message in
                guard message.position == 2 else { return .ok }
                return left.withLock { left in
                    left -= 1
                    return left >= 3 ? .internalServerError : left >= 0 ? .found : .noContent
                }
            }
            try await register("A", "B", "C", on: writer)
            try await until { try subscriptions.progress("erp")?.position == 3 }
            #expect(receiver.messages.map(\.position) == [1, 2, 2, 2, 2, 2, 2, 3])
            #expect(Set(receiver.messages.map(\.id)).count == 3)
            #expect(
                try subscriptions.progress("erp") == SubscriptionProgress(position: 3), "the failures are forgotten")
        }
    }

    @Test("Given up after long, or told that nobody is there, it is paused with the reason, and goes on where it was")
    func paused() async throws {
        var plan = RetryPlan.quick
        plan.patience = 0.05
        try await withWebhook(plan: plan) { store, writer, receiver, subscriptions in
            for status in [HTTPResponse.Status.serviceUnavailable, .gone] {
                receiver.answer { _ in status }
                try await register("\(status.code)", on: writer)
                try await until { try subscriptions.progress("erp")?.pausedBecause != nil }
                let reason = try #require(try subscriptions.progress("erp")?.pausedBecause)
                #expect(reason.contains("\(store.log.headPosition)") && reason.contains("\(status.code)"), "\(reason)")
                let tries = receiver.messages.count
                receiver.answer { _ in .ok }
                try subscriptions.change("erp") { $0.resumedAt = Date() }
                try await until { try subscriptions.progress("erp")?.position == store.log.head.value }
                #expect(receiver.messages.count == tries + 1)
            }
            #expect(Set(receiver.messages.map(\.position)) == [1, 2], "nothing was left out")
        }
    }

    @Test("Nothing is sent while an operator has it paused; others are not held up")
    func operatorPauses() async throws {
        try await DataDirectory().open { store, writer in
            let (receiver, other) = (Receiver(), Receiver())
            let subscriptions = SubscriptionStore(in: store.directory)
            try await receiver.serve { url in
                try await other.serve { otherURL in
                    try subscriptions.add(try Subscription(name: "erp", webhookURL: url), from: .start)
                    try subscriptions.change("erp") { $0.isPaused = true }
                    try subscriptions.add(try Subscription(name: "other", webhookURL: otherURL), from: .start)
                    try await delivering(store) {
                        try await register("A", "B", on: writer)
                        try await until { try subscriptions.progress("other")?.position == 2 }
                        #expect(receiver.messages.isEmpty)
                        try subscriptions.change("erp") { $0.isPaused = false }
                        try await until { try subscriptions.progress("erp")?.position == 2 }
                        #expect(receiver.messages.map(\.position) == [1, 2])
                    }
                }
            }
        }
    }

    @Test("After a restart it goes on behind what was taken; only what was on its way comes twice")
    func restarted() async throws {
        try await DataDirectory().open { store, writer in
            let receiver = Receiver()
            try await receiver.serve { url in
                let subscriptions = SubscriptionStore(in: store.directory)
                try subscriptions.add(try Subscription(name: "erp", webhookURL: url), from: .start)
                for index in 1...4 {
                    try await delivering(store) {
                        try await register("A\(index)", "B\(index)", on: writer)
                        try await until { receiver.messages.contains { $0.position == Int64(2 * index - 1) } }
                    }
                }
                try await delivering(store) {
                    try await until { try subscriptions.progress("erp")?.position == 8 }
                }
                let positions = receiver.messages.map(\.position)
                #expect(Set(positions) == Set(1...8))
                #expect(positions == positions.sorted())
                #expect(positions.count <= 8 + 4)
            }
        }
    }

    @Test("Two processes don't deliver from one directory")
    func alone() async throws {
        try await withWebhook { store, _, _, _ in
            #expect(throws: EventStoreError.self) { try Deliverer(store: store, logger: .silent) }
        }
    }

    @Test("The public verifier of Standard Webhooks takes the messages, by each secret in turn, and no altered ones")
    func verified() async throws {
        try await withWebhook { store, writer, receiver, subscriptions in
            let first = try #require(try subscriptions.subscription("erp")?.webhook?.secrets.first)
            try await register("A", on: writer)
            try await until { receiver.messages.count == 1 }
            let second = WebhookSecret.random()
            try subscriptions.change("erp") { $0.webhook?.secrets = [second, first] }
            try await writer.accept("register-product", #"{"sku":"B","name":"naïve \"λ\""}"#)
            try await until { receiver.messages.count == 2 }
            let (one, two) = (receiver.messages[0], receiver.messages[1])
            #expect(try Verifier.accepts(one, first))
            #expect(try Verifier.accepts(two, first) && Verifier.accepts(two, second))
            #expect(try !Verifier.accepts(one, second))
            let altered = Receiver.Message(headers: two.headers, body: two.body + [UInt8(ascii: " ")])
            #expect(try !Verifier.accepts(altered, first))
        }
    }
}

/// `standardwebhooks` of PyPI, which `ops/setup test` installs.
private enum Verifier {
    private static let packages = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../.build/python").standardized.path
    private static let program = """
        import json, sys
        sys.path.insert(0, sys.argv[1])
        from standardwebhooks.webhooks import Webhook, WebhookVerificationError
        message = json.load(sys.stdin)
        try:
            Webhook(message["secret"]).verify(message["body"], message["headers"])
            print("accepted")
        except WebhookVerificationError as error:
            print("refused", error)
        """

    struct Failed: Error { let errors: String }

    static func accepts(_ message: Receiver.Message, _ secret: WebhookSecret) throws -> Bool {
        let python = Process()
        python.executableURL = URL(filePath: "/usr/bin/env")
        python.arguments = ["python3", "-c", program, packages]
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        (python.standardInput, python.standardOutput, python.standardError) = (input, output, errors)
        try python.run()
        let question: [String: Any] = [
            "secret": "\(secret)", "body": String(decoding: message.body, as: UTF8.self), "headers": message.headers,
        ]
        input.fileHandleForWriting.write(try JSONSerialization.data(withJSONObject: question))
        try input.fileHandleForWriting.close()
        let answer = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        python.waitUntilExit()
        guard python.terminationStatus == 0 else {
            throw Failed(
                errors: String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))
        }
        return answer.hasPrefix("accepted")
    }
}

extension RetryPlan {
    fileprivate static var quick: RetryPlan {
        var plan = RetryPlan()
        plan.delayMin = .milliseconds(1)
        plan.delayMax = .milliseconds(5)
        return plan
    }
}
