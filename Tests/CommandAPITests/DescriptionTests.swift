import Foundation
import HTTPService
import HTTPTypes
import JSON
import TestSupport
import Testing

@testable import CommandAPI

@Suite("The command API is described as it is", .serialized)
struct DescriptionTests {
    @Test("/openapi.json is OpenAPI 3.1 with a path for every command")
    func openAPI() async throws {
        try await withShop { shop in
            let answer = try await shop.request("GET", "/openapi.json", port: shop.commands.port)
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "application/json; charset=utf-8")
            let description = answer.json
            #expect(description["openapi"] == "3.1.0")
            #expect(description["info"]["title"].text != nil)
            #expect(description["paths"].names.isSuperset(of: ["/commands", "/health", "/ready"]))
            for spec in CommandSpec.all.values {
                let operation = description["paths"]["/commands/\(spec.name)"]["post"]
                let schema = operation["requestBody"]["content"]["application/json"]["schema"]
                #expect(schema["properties"].names == Set(spec.fields.map(\.name)), "\(spec.name)")
                #expect(schema["required"].items.compactMap(\.text) == spec.fields.filter(\.isRequired).map(\.name))
                #expect(schema["additionalProperties"] == false)
                #expect(operation["parameters"].each("name") == ["Idempotency-Key", "If-Match", "X-Correlation-ID"])
            }
        }
    }

    @Test("Every command takes a body in which each described field stands", arguments: CommandSpec.all.keys.sorted())
    func everyField(_ name: String) throws {
        let spec = try #require(CommandSpec.all[name])
        #expect(throws: Never.self) { try spec.command(from: Sample.bytes(spec.fields)) }
    }

    @Test(
        "Leaving out a required field is answered with its place; any other may be left out",
        arguments: CommandSpec.all.keys.sorted())
    func required(_ name: String) throws {
        let spec = try #require(CommandSpec.all[name])
        for place in Place.all(in: spec.fields) {
            let problem = problem(spec, place.removed(from: Sample.object(spec.fields)))
            if place.field.isRequired {
                #expect(problem?.code == "missing_field", "\(name) \(place.pointer)")
                #expect(problem?.pointer == place.pointer)
                #expect(problem?.status == .unprocessableContent)
            } else {
                #expect(problem == nil, "\(name) \(place.pointer): \(problem?.detail ?? "")")
            }
        }
    }

    @Test(
        "Every described field is read: a value of another type is refused at its place",
        arguments: CommandSpec.all.keys.sorted())
    func read(_ name: String) throws {
        let spec = try #require(CommandSpec.all[name])
        for place in Place.all(in: spec.fields) {
            let problem = problem(
                spec, place.replaced(in: Sample.object(spec.fields), by: Sample.wrong(place.field.type)))
            #expect(problem?.code == "wrong_type", "\(name) \(place.pointer)")
            #expect(problem?.pointer == place.pointer)
        }
    }

    @Test("A field that is not described is refused at its place", arguments: CommandSpec.all.keys.sorted())
    func unknown(_ name: String) throws {
        let spec = try #require(CommandSpec.all[name])
        for place in Place.all(in: spec.fields) {
            let other = Place(path: place.path.dropLast() + [.name("nobody")], field: place.field)
            let problem = problem(spec, other.replaced(in: Sample.object(spec.fields), by: 1))
            #expect(problem?.code == "unknown_field", "\(name) \(other.pointer)")
            #expect(problem?.pointer == other.pointer)
        }
    }

    private func problem(_ spec: CommandSpec, _ body: Any) -> Problem? {
        do {
            _ = try spec.command(from: JSONSerialization.data(withJSONObject: body))
            return nil
        } catch {
            return error as? Problem
        }
    }
}

/// A field wherever it stands in a body.
private struct Place {
    enum Step {
        case name(String)
        case first
    }

    let path: [Step]
    let field: Field

    init(path: some Sequence<Step>, field: Field) {
        self.path = Array(path)
        self.field = field
    }

    static func all(in fields: [Field], under path: [Step] = []) -> [Place] {
        fields.flatMap { field -> [Place] in
            let own = path + [.name(field.name)]
            return switch field.type {
            case .text, .integer, .flag, .texts, .attributes: [Place(path: own, field: field)]
            case .object(let inner): [Place(path: own, field: field)] + all(in: inner, under: own)
            case .list(let inner): [Place(path: own, field: field)] + all(in: inner, under: own + [.first])
            }
        }
    }

    var pointer: String {
        path.map { step in
            switch step {
            case .name(let name): "/" + name
            case .first: "/0"
            }
        }.joined()
    }

    func removed(from body: [String: Any]) -> Any { replaced(in: body, by: nil) }

    func replaced(in body: [String: Any], by value: Any?) -> Any { Self.replace(path[...], in: body, by: value) as Any }

    private static func replace(_ path: ArraySlice<Step>, in value: Any?, by new: Any?) -> Any? {
        guard let step = path.first else { return new }
        switch step {
        case .name(let name):
            var object = value as? [String: Any] ?? [:]
            object[name] = replace(path.dropFirst(), in: object[name], by: new)
            return object
        case .first:
            let list = value as? [Any] ?? []
            return [replace(path.dropFirst(), in: list.first, by: new) as Any]
        }
    }
}

/// A possible value of each described field.
private enum Sample {
    static func bytes(_ fields: [Field]) throws -> Data { try JSONSerialization.data(withJSONObject: object(fields)) }

    static func object(_ fields: [Field]) -> [String: Any] {
        Dictionary(uniqueKeysWithValues: fields.map { ($0.name, value($0)) })
    }

    private static func value(_ field: Field) -> Any {
        switch field.type {
        case .text: text(field.name)
        case .integer: 7
        // What need not be said is not so: of two such flags one may exclude the other.
        case .flag: field.isRequired
        case .texts: ["one", "two"]
        case .attributes: ["size": "L"]
        case .object(let fields): object(fields)
        case .list(let fields): [object(fields)]
        }
    }

    private static func text(_ name: String) -> String {
        switch name {
        case "amount": "2.55"
        case "currency": "GBP"
        case "kind": "goods"
        case "email": "ann@example.org"
        default: "some-\(name)"
        }
    }

    /// A value of another type.
    static func wrong(_ type: FieldType) -> Any {
        switch type {
        case .text, .texts, .attributes, .object, .list, .flag: 7
        case .integer: "7"
        }
    }
}
