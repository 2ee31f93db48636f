import Foundation

/// JSON as a test reads it: `answer.json["events"][0]["stream"] == "stock-LAMP"`.
package enum JSONValue: Equatable, Sendable {
    case null
    case flag(Bool)
    case number(Int64)
    case decimal(Double)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])
}

extension JSONValue {
    package init(parsing bytes: some Sequence<UInt8>) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }

    package init(parsing text: String) throws { try self.init(parsing: text.utf8) }

    /// Null where there is no such field.
    package subscript(name: String) -> JSONValue {
        if case .object(let fields) = self { fields[name] ?? .null } else { .null }
    }

    package subscript(index: Int) -> JSONValue {
        if case .list(let items) = self, items.indices.contains(index) { items[index] } else { .null }
    }

    package var text: String? { if case .text(let text) = self { text } else { nil } }
    package var number: Int64? { if case .number(let number) = self { number } else { nil } }
    package var items: [JSONValue] { if case .list(let items) = self { items } else { [] } }
    package var names: Set<String> { if case .object(let fields) = self { Set(fields.keys) } else { [] } }

    /// The field of each item.
    package func each(_ name: String) -> [JSONValue] { items.map { $0[name] } }

    /// The object without some of its fields.
    package func without(_ names: String...) -> JSONValue {
        guard case .object(let fields) = self else { return self }
        return .object(fields.filter { !names.contains($0.key) })
    }
}

extension JSONValue: Decodable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let number = try? container.decode(Int64.self) {
            self = .number(number)
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let fields = try? container.decode([String: JSONValue].self) {
            self = .object(fields)
        } else if let items = try? container.decode([JSONValue].self) {
            self = .list(items)
        } else if let decimal = try? container.decode(Double.self) {
            self = .decimal(decimal)
        } else if container.decodeNil() {
            self = .null
        } else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no JSON value")
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral text: String) { self = .text(text) }
    package init(integerLiteral number: Int64) { self = .number(number) }
    package init(booleanLiteral flag: Bool) { self = .flag(flag) }
    package init(nilLiteral: ()) { self = .null }
    package init(arrayLiteral items: JSONValue...) { self = .list(items) }
    package init(dictionaryLiteral fields: (String, JSONValue)...) {
        self = .object(Dictionary(fields) { first, _ in first })
    }
}
