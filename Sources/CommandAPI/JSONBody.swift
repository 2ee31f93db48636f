import Foundation
import HTTPService
import HTTPTypes
import Ledger

/// An object in a command's body, read field by field. Whatever is wrong becomes a problem that points at the field.
struct JSONBody {
    private let container: KeyedDecodingContainer<Name>
    private let fields: [Field]
    private let pointer: String

    struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// - Throws: `Problem` 400 where the bytes are not a JSON object, 422 for a field that is not in `fields`.
    static func parse(_ bytes: some Collection<UInt8>, fields: [Field]) throws -> JSONBody {
        let decoder: any Decoder
        do {
            decoder = try JSONDecoder().decode(Captured.self, from: Data(bytes)).decoder
        } catch {
            throw Problem.badRequest("malformed_json", "The body is not JSON: \(Self.reason(error))")
        }
        try JSONStrictness.check(bytes)
        guard let container = try? decoder.container(keyedBy: Name.self) else {
            throw Problem.badRequest("malformed_json", "The body is JSON, but not an object.")
        }
        return try JSONBody(container, fields: fields, pointer: "")
    }

    private init(_ container: KeyedDecodingContainer<Name>, fields: [Field], pointer: String) throws {
        self.container = container
        self.fields = fields
        self.pointer = pointer
        for key in container.allKeys where !fields.contains(where: { $0.name == key.stringValue }) {
            throw Problem(
                .unprocessableContent, "unknown_field",
                "There is no field \"\(key.stringValue)\" here. Known are: \(fields.map(\.name).joined(separator: ", ")).",
                pointer: Self.pointer(pointer, key.stringValue))
        }
    }

    /// RFC 6901: `~` and `/` of a name are escaped.
    private static func pointer(_ place: String, _ name: String) -> String {
        place + "/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
    }

    private struct Captured: Decodable {
        let decoder: any Decoder

        init(from decoder: any Decoder) throws { self.decoder = decoder }
    }

    private static func reason(_ error: any Error) -> String {
        guard case DecodingError.dataCorrupted(let context) = error else { return "it can't be read." }
        let underlying =
            context.underlyingError.map {
                " " + (($0 as NSError).userInfo[NSDebugDescriptionErrorKey] as? String ?? "")
            } ?? ""
        return context.debugDescription + underlying
    }
}

// Reading.
extension JSONBody {
    /// Whether the field is there and not null.
    func has(_ name: String) -> Bool {
        requireKnown(name)
        let key = Name(stringValue: name)
        return container.contains(key) && (try? container.decodeNil(forKey: key)) == false
    }

    func text(_ name: String) throws -> String { try decode(name, String.self, "a string") }

    func optionalText(_ name: String) throws -> String? { has(name) ? try text(name) : nil }

    func integer(_ name: String) throws -> Int64 { try decode(name, Int64.self, "a whole number within 64 bits") }

    func optionalInteger(_ name: String) throws -> Int64? { has(name) ? try integer(name) : nil }

    func flag(_ name: String) throws -> Bool { try decode(name, Bool.self, "true or false") }

    func texts(_ name: String) throws -> [String] {
        has(name) ? try decode(name, [String].self, "a list of strings") : []
    }

    /// In the order of their names.
    func attributes(_ name: String) throws -> [Product.Attribute] {
        guard has(name) else { return [] }
        return try decode(name, [String: String].self, "an object of strings")
            .sorted { $0.key < $1.key }.map { Product.Attribute(name: $0.key, value: $0.value) }
    }

    func identifier<ID: Identifier>(_ name: String, _ type: ID.Type = ID.self) throws -> ID {
        let text = try text(name)
        return try check(name) { () throws(InvalidValue) in try ID(text) }
    }

    func optionalIdentifier<ID: Identifier>(_ name: String, _ type: ID.Type = ID.self) throws -> ID? {
        has(name) ? try identifier(name) : nil
    }

    func quantity(_ name: String) throws -> Int64 {
        let quantity = try integer(name)
        try check(name) { () throws(InvalidValue) in try Quantity.check(quantity) }
        return quantity
    }

    /// `{"amount":"2.55","currency":"GBP"}` with up to four decimals.
    func amount(_ name: String) throws -> Amount {
        let object = try object(name)
        let currency = try object.currency("currency")
        let text = try object.text("amount")
        return try object.check("amount") { () throws(InvalidValue) in try Amount(text, currency: currency) }
    }

    func optionalAmount(_ name: String) throws -> Amount? { has(name) ? try amount(name) : nil }

    /// `{"amount":"2.55","currency":"GBP"}` in whole minor units.
    func money(_ name: String) throws -> Money {
        let object = try object(name)
        let currency = try object.currency("currency")
        let text = try object.text("amount")
        return try object.check("amount") { () throws(InvalidValue) in try Money(text, currency: currency) }
    }

    func currency(_ name: String) throws -> Currency {
        let code = try text(name)
        return try check(name) { () throws(InvalidValue) in try Currency(code) }
    }

    func object(_ name: String) throws -> JSONBody {
        guard case .object(let fields) = field(name).type else {
            preconditionFailure("\(name) is described as another type")
        }
        return try object(name, fields: fields)
    }

    /// An object whose fields depend on something else.
    func object(_ name: String, fields: [Field]) throws -> JSONBody {
        guard has(name) else { throw missing(name) }
        guard let nested = try? container.nestedContainer(keyedBy: Name.self, forKey: Name(stringValue: name)) else {
            throw wrongType(name, "an object")
        }
        return try JSONBody(nested, fields: fields, pointer: Self.pointer(pointer, name))
    }

    func objects(_ name: String) throws -> [JSONBody] {
        guard case .list(let fields) = field(name).type else {
            preconditionFailure("\(name) is described as another type")
        }
        guard has(name) else { throw missing(name) }
        guard var list = try? container.nestedUnkeyedContainer(forKey: Name(stringValue: name)) else {
            throw wrongType(name, "a list of objects")
        }
        var bodies: [JSONBody] = []
        while !list.isAtEnd {
            let place = "\(Self.pointer(pointer, name))/\(bodies.count)"
            guard let nested = try? list.nestedContainer(keyedBy: Name.self) else {
                throw Problem(.unprocessableContent, "wrong_type", "\(place) is an object.", pointer: place)
            }
            bodies.append(try JSONBody(nested, fields: fields, pointer: place))
        }
        return bodies
    }

    /// Gives the place of the field to what is wrong with its value.
    @discardableResult
    func check<Value>(_ name: String, _ make: () throws(InvalidValue) -> Value) throws -> Value {
        do throws(InvalidValue) {
            return try make()
        } catch {
            throw Problem(.unprocessableContent, error.code, error.message, pointer: Self.pointer(pointer, name))
        }
    }

    /// Gives the place of the object to what is wrong with one of its values.
    func checkInside<Value>(_ name: String, _ make: () throws(InvalidValue) -> Value) throws -> Value {
        do throws(InvalidValue) {
            return try make()
        } catch {
            let place = Self.pointer(pointer, name)
            throw Problem(
                .unprocessableContent, error.code, error.message, pointer: error.field.map { place + "/" + $0 } ?? place
            )
        }
    }

    private func decode<Value: Decodable>(_ name: String, _ type: Value.Type, _ wanted: String) throws -> Value {
        guard has(name) else { throw missing(name) }
        do {
            return try container.decode(type, forKey: Name(stringValue: name))
        } catch {
            throw wrongType(name, wanted)
        }
    }

    private func field(_ name: String) -> Field {
        guard let field = fields.first(where: { $0.name == name }) else {
            preconditionFailure("the field \(name) is read but not described")
        }
        return field
    }

    private func requireKnown(_ name: String) { _ = field(name) }

    private func missing(_ name: String) -> Problem {
        Problem(
            .unprocessableContent, "missing_field", "The field \"\(name)\" is missing. \(field(name).about)",
            pointer: Self.pointer(pointer, name))
    }

    private func wrongType(_ name: String, _ wanted: String) -> Problem {
        Problem(
            .unprocessableContent, "wrong_type", "The field \"\(name)\" is \(wanted).",
            pointer: Self.pointer(pointer, name))
    }
}
