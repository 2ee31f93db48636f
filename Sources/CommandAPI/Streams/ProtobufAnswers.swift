import EventStore
import HTTPService
import HTTPTypes
import Ledger

/// `CommandAnswer` messages of `command.proto`, each behind its length. Written by hand: a value of the generated
/// type for each answer would be allocated, filled and thrown away. What that saves was not measured.
struct ProtobufAnswers: StreamAnswers {
    private var writer = ProtobufWriter()

    var bytes: [UInt8] { writer.bytes }

    mutating func add(_ answer: Answer, key: String) {
        let receipt = answer.receipt
        writer.delimited { writer in
            writer.optional(1, key)
            writer.field(2, UInt64(answer.status.code))
            writer.field(3, receipt.position.rawValue)
            for event in receipt.events {
                writer.message(4) {
                    $0.field(1, event.position.rawValue)
                    $0.field(2, event.stream.description)
                    $0.field(3, event.version.rawValue)
                    $0.field(4, event.type.name)
                }
            }
            writer.message(5) { writer in
                for field in receipt.result.fields { writer.write(field.value, as: field.name) }
            }
        }
    }

    mutating func add(_ problem: Problem, key: String?) {
        writer.delimited { writer in
            writer.optional(1, key)
            writer.field(2, UInt64(problem.status.code))
            writer.message(6) {
                $0.field(1, problem.code)
                $0.field(2, problem.status.reasonPhrase)
                $0.field(3, problem.detail)
                $0.optional(4, problem.pointer)
            }
        }
    }
}

extension ProtobufWriter {
    /// A field of `CommandResult`.
    fileprivate mutating func write(_ value: CommandResult.Value, as name: String) {
        guard let number = Self.resultFields[name] else {
            preconditionFailure("the result \(name) has no field in command.proto")
        }
        switch value {
        case .text(let text): optional(number, text)
        case .time(let time): optional(number, time.microseconds)
        case .money(let money):
            message(number) {
                $0.field(1, money.text)
                $0.field(2, money.currency.code)
            }
        }
    }

    private static let resultFields = [
        "reservation": 1, "expiresAt": 2, "cart": 3, "order": 4, "number": 5, "total": 6, "document": 7,
        "creditNote": 8, "refund": 9,
    ]
}
