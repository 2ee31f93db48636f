package import HTTPService
import HTTPTypes
package import Ledger

/// A command as it comes over HTTP: its name, what its body has, and how the body becomes the command.
package struct CommandSpec: Sendable {
    package let name: String
    package let about: String
    package let fields: [Field]
    private let make: @Sendable (JSONBody) throws -> any Command

    init<C: Command>(
        _ command: C.Type, _ about: String, _ fields: [Field], _ make: @escaping @Sendable (JSONBody) throws -> C
    ) {
        name = C.name
        self.about = about
        self.fields = fields
        self.make = make
    }

    /// - Throws: `Problem` 400 for what is not a JSON object, 422 for a value that can't be.
    package func command(from json: some Collection<UInt8>) throws -> any Command {
        try command(from: try JSONBody.parse(json, fields: fields))
    }

    func command(from body: JSONBody) throws -> any Command {
        do {
            return try make(body)
        } catch let invalid as InvalidValue {
            throw Problem(invalid)
        }
    }

    /// All commands, by name.
    package static let all: [String: CommandSpec] = Dictionary(
        uniqueKeysWithValues: (catalog + stock + carts + orders + documents).map { ($0.name, $0) })
}
