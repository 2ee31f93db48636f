import HTTPService
import HTTPTypes
import JSON
import Ledger

/// An object in a command's body, read field by field. Whatever is wrong becomes a problem that points at the field.
struct JSONBody {
    private let object: JSONElement
    private let fields: [Field]
    private let pointer: String

    /// - Throws: `Problem` 400 where the bytes are not a JSON object, 422 for a field that is not in `fields`.
    static func parse(_ bytes: some Collection<UInt8>, fields: [Field]) throws -> JSONBody {
        try parse(Array(bytes), in: nil, fields: fields)
    }

    /// - Parameter range: where in `bytes` the body stands; all of them where nil.
    static func parse(_ bytes: [UInt8], in range: Range<Int>?, fields: [Field]) throws -> JSONBody {
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument(bytes, in: range)
        } catch {
            throw Problem.badRequest("malformed_json", "The body is not JSON: \(error)")
        }
        guard document.root.isObject else {
            throw Problem.badRequest("malformed_json", "The body is JSON, but not an object.")
        }
        return try JSONBody(document.root, fields: fields, pointer: "")
    }

    private init(_ object: JSONElement, fields: [Field], pointer: String) throws {
        self.object = object
        self.fields = fields
        self.pointer = pointer
        for field in object.fields where !fields.contains(where: { field.name.isText($0.name) }) {
            let name = field.name.text ?? ""
            throw Problem(
                .unprocessableContent, "unknown_field",
                "There is no field \"\(name)\" here. Known are: \(fields.map(\.name).joined(separator: ", ")).",
                pointer: Self.pointer(pointer, name))
        }
    }

    /// RFC 6901: `~` and `/` of a name are escaped.
    private static func pointer(_ place: String, _ name: String) -> String {
        var pointer = place + "/"
        for character in name.unicodeScalars {
            switch character {
            case "~": pointer += "~0"
            case "/": pointer += "~1"
            default: pointer.unicodeScalars.append(character)
            }
        }
        return pointer
    }
}

// Reading.
extension JSONBody {
    /// Whether the field is there and not null.
    func has(_ name: String) -> Bool { value(name) != nil }

    func text(_ name: String) throws -> String { try read(name, "a string") { $0.text } }

    func optionalText(_ name: String) throws -> String? { has(name) ? try text(name) : nil }

    func integer(_ name: String) throws -> Int64 { try read(name, "a whole number within 64 bits") { $0.wholeNumber } }

    func optionalInteger(_ name: String) throws -> Int64? { has(name) ? try integer(name) : nil }

    func flag(_ name: String) throws -> Bool { try read(name, "true or false") { $0.flag } }

    func texts(_ name: String) throws -> [String] {
        guard has(name) else { return [] }
        return try read(name, "a list of strings") { list in
            guard list.isArray else { return nil }
            var texts: [String] = []
            for item in list.items {
                guard let text = item.text else { return nil }
                texts.append(text)
            }
            return texts
        }
    }

    /// In the order of their names.
    func attributes(_ name: String) throws -> [Product.Attribute] {
        guard has(name) else { return [] }
        let attributes: [Product.Attribute] = try read(name, "an object of strings") { object in
            guard object.isObject else { return nil }
            var attributes: [Product.Attribute] = []
            for field in object.fields {
                guard let name = field.name.text, let value = field.value.text else { return nil }
                attributes.append(Product.Attribute(name: name, value: value))
            }
            return attributes
        }
        return Product.Attribute.sorted(attributes)
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
        let nested = try read(name, "an object") { $0.isObject ? $0 : nil }
        return try JSONBody(nested, fields: fields, pointer: Self.pointer(pointer, name))
    }

    func objects(_ name: String) throws -> [JSONBody] {
        guard case .list(let fields) = field(name).type else {
            preconditionFailure("\(name) is described as another type")
        }
        let list = try read(name, "a list of objects") { $0.isArray ? $0 : nil }
        var bodies: [JSONBody] = []
        for item in list.items {
            let place = "\(Self.pointer(pointer, name))/\(bodies.count)"
            guard item.isObject else {
                throw Problem(.unprocessableContent, "wrong_type", "\(place) is an object.", pointer: place)
            }
            bodies.append(try JSONBody(item, fields: fields, pointer: place))
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

    /// - Parameter take: nil for a value of another type.
    private func read<Value>(_ name: String, _ wanted: String, _ take: (JSONElement) -> Value?) throws -> Value {
        guard let value = value(name) else { throw missing(name) }
        guard let taken = take(value) else { throw wrongType(name, wanted) }
        return taken
    }

    /// Nil where the field is not there, or null.
    private func value(_ name: String) -> JSONElement? {
        assert(fields.contains { $0.name == name }, "the field \(name) is read but not described")
        guard let value = object.field(name), !value.isNull else { return nil }
        return value
    }

    private func field(_ name: String) -> Field {
        guard let field = fields.first(where: { $0.name == name }) else {
            preconditionFailure("the field \(name) is read but not described")
        }
        return field
    }

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

extension Product.Attribute {
    /// In the order of their names, whatever order they came in.
    static func sorted(_ attributes: [Product.Attribute]) -> [Product.Attribute] {
        attributes.sorted { one, other in
            // Two spellings of the same letters compare as equal.
            one.name == other.name ? one.name.utf8.lexicographicallyPrecedes(other.name.utf8) : one.name < other.name
        }
    }
}
