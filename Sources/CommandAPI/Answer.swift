import EventStore
import HTTPService
import HTTPTypes
import JSON
import Ledger

/// What became of a command, as it is answered over HTTP.
struct Answer {
    let receipt: Receipt

    /// 201 where the command began the stream it shows, 200 otherwise; the same again for a repeated command.
    var status: HTTPResponse.Status {
        receipt.events.contains { $0.stream == receipt.shown && $0.version.rawValue == 1 } ? .created : .ok
    }

    /// `position`, `events` and `result`.
    func write(to writer: inout JSONWriter) {
        writer.field("position", Int64(receipt.position.rawValue))
        writer.key("events")
        writer.array { writer in
            for event in receipt.events {
                writer.object {
                    $0.field("position", Int64(event.position.rawValue))
                    $0.field("stream", event.stream.description)
                    $0.field("version", Int64(event.version.rawValue))
                    $0.field("type", event.type.name)
                }
            }
        }
        writer.key("result")
        writer.object { writer in
            for field in receipt.result.fields { writer.write(field.value, as: field.name) }
        }
    }

    /// - Parameter queryURL: where the query API is, without a slash at its end.
    func headers(queryURL: String) -> HTTPFields {
        var headers: HTTPFields = [
            .daybookPosition: receipt.position.description, .eTag: "\"\(receipt.shownVersion)\"",
            .location: queryURL + receipt.shown.queryPath,
        ]
        if receipt.isRepeated { headers[.idempotencyReplayed] = "true" }
        return headers
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ value: CommandResult.Value, as name: String) {
        switch value {
        case .text(let text): field(name, text)
        case .time(let time): field(name, time.description)
        case .money(let money): field(name, money)
        }
    }
}

extension StreamName {
    /// Where the query API shows what the stream tells of.
    fileprivate var queryPath: String {
        let id = id.addingPercentEncoding
        return switch category {
        case .product: "/catalog/products/" + id
        case .stock: "/stock/" + id
        case .cart: "/carts/" + id
        case .order: "/orders/" + id
        case .numbers, .document: "/streams/\(category.name)-\(id)"
        }
    }
}

extension String {
    /// RFC 3986: everything but unreserved characters.
    fileprivate var addingPercentEncoding: String {
        utf8.map { byte in
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}

extension Problem {
    /// A value of a command that can't be.
    init(_ invalid: InvalidValue) {
        self.init(.unprocessableContent, invalid.code, invalid.message, pointer: invalid.field.map { "/" + $0 })
    }

    init(_ refusal: Refusal) {
        let status: HTTPResponse.Status =
            refusal.code.isUnknown ? .notFound : refusal.code == .recordTooLarge ? .contentTooLarge : .conflict
        self.init(status, refusal.code.rawValue, refusal.message)
    }

    init(_ error: EventStoreError) {
        switch error.code {
        case .overloaded, .stopping: self = .unavailable(error.code.rawValue, error.message, retryAfterSeconds: 1)
        case .replicaAway, .logAway, .led: self = .unavailable(error.code.rawValue, error.message, retryAfterSeconds: 5)
        case .poisoned, .conflict, .fenced:
            self = .unavailable(error.code.rawValue, error.message, retryAfterSeconds: 10)
        case .diskFull:
            self.init(
                .init(code: 507, reasonPhrase: "Insufficient Storage"), error.code.rawValue, error.message,
                headers: [.retryAfter: "30"])
        case .corrupt, .undecodable, .directory, .diverged, .schema:
            self.init(.internalServerError, error.code.rawValue, error.message)
        }
    }

    static func keyReused(_ key: String, first position: Position) -> Problem {
        Problem(
            .conflict, "key_reused",
            "The key \"\(key)\" belongs to another command, whose first event is at position \(position). Use a new key for a new command."
        ) { $0.field("firstPosition", Int64(position.rawValue)) }
    }

    /// - Parameter since: what happened after the version that was demanded.
    static func versionMismatch(
        _ stream: StreamName, demanded: Version, actual: Version, since: [EventStore.Record]
    ) -> Problem {
        Problem(
            .preconditionFailed, "version_mismatch",
            "\(stream) is at version \(actual), not \(demanded). Look at what happened since, and decide again."
        ) { writer in
            writer.field("currentVersion", Int64(actual.rawValue))
            writer.key("since")
            writer.array { writer in
                for record in since {
                    writer.object {
                        $0.field("position", Int64(record.position.rawValue))
                        $0.field("version", Int64(record.version.rawValue))
                        $0.field("type", record.type.name)
                        $0.field("recordedAt", record.recordedAt.description)
                    }
                }
            }
        }
    }
}
