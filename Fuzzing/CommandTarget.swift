import CommandAPI
import EventStore
import HTTPService
import HTTPTypes
import JSON
import Ledger

@testable import EventStore

/// The body of `POST /commands/{name}`, handed to every command.
enum CommandTarget: FuzzTarget {
    private static let specs = CommandSpec.all.values.sorted { $0.name < $1.name }

    static func run(_ input: [UInt8]) {
        for spec in specs {
            do {
                let fingerprint = try spec.command(from: input).fingerprint
                let again = promised("the same body again") { try spec.command(from: input).fingerprint }
                promise(again == fingerprint, "the same body became another \(spec.name)")
            } catch let problem as Problem {
                checkAnswerable(problem)
            } catch {
                fatalError("\(spec.name) ends with \(error), which is no problem of the caller's")
            }
        }
    }
}

/// A problem blames the caller, and can be told in JSON.
func checkAnswerable(_ problem: Problem) {
    promise(
        (400..<500).contains(problem.status.code), "\(problem.code) is answered \(problem.status): \(problem.detail)")
    let json = JSONWriter.object { problem.write(to: &$0) }
    _ = promised("the answer \(String(decoding: json, as: UTF8.self))") { try JSONDocument(json) }
}
