import JSON

/// The type of a field in a body, as it is described and as it is read.
package indirect enum FieldType: Sendable {
    case text
    case integer
    case flag
    case texts
    /// An object whose values are texts.
    case attributes
    case object([Field])
    case list([Field])

    package static let money = FieldType.object([
        Field("amount", .text, "A decimal string: 2.55."), Field("currency", .text, "ISO 4217: GBP."),
    ])
}

/// A field of a body.
package struct Field: Sendable {
    package let name: String
    package let type: FieldType
    package let isRequired: Bool
    package let about: String

    package init(_ name: String, _ type: FieldType, required: Bool = true, _ about: String) {
        self.name = name
        self.type = type
        isRequired = required
        self.about = about
    }
}

/// An operation of an API, from which its part of OpenAPI 3.1 is written.
package struct Operation: Sendable {
    package struct Parameter: Sendable {
        package enum Place: String, Sendable { case path, query, header }

        package let name: String
        package let place: Place
        package let about: String

        package init(_ name: String, in place: Place = .query, _ about: String) {
            self.name = name
            self.place = place
            self.about = about
        }
    }

    package let method: String
    package let path: String
    package let about: String
    package let parameters: [Parameter]
    package let body: [Field]?
    package let errors: [Int]

    package init(
        _ method: String, _ path: String, _ about: String, parameters: [Parameter] = [], body: [Field]? = nil,
        errors: [Int] = []
    ) {
        self.method = method
        self.path = path
        self.about = about
        self.parameters = parameters
        self.body = body
        self.errors = errors
    }

    /// Whether a request's path is the operation's: a part in braces stands for any.
    func isAt(_ path: String) -> Bool {
        let (own, other) = (self.path.split(separator: "/"), path.split(separator: "/"))
        return own.count == other.count && zip(own, other).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
    }

    /// The names that the operation takes behind the question mark.
    package var queryNames: [String] { parameters.filter { $0.place == .query }.map(\.name) }
}

/// `/openapi.json`: OpenAPI 3.1, written from the operations that the API serves.
package struct OpenAPI {
    package let title: String
    package let operations: [Operation]

    package init(title: String, operations: [Operation]) {
        self.title = title
        self.operations = operations
    }

    package var json: [UInt8] {
        JSONWriter.object { writer in
            writer.field("openapi", "3.1.0")
            writer.key("info")
            writer.object {
                $0.field("title", title)
                $0.field("version", "1")
            }
            writer.key("paths")
            writer.object { writer in
                for path in paths {
                    writer.key(path)
                    writer.object { writer in
                        for operation in operations where operation.path == path { operation.write(to: &writer) }
                    }
                }
            }
            writer.key("components")
            writer.object { writer in
                writer.key("schemas")
                writer.object { Self.writeProblemSchema(to: &$0) }
            }
        }
    }

    private var paths: [String] {
        operations.map(\.path).reduce(into: []) { paths, path in if !paths.contains(path) { paths.append(path) } }
    }

    private static func writeProblemSchema(to writer: inout JSONWriter) {
        writer.key("Problem")
        [
            Field("status", .integer, "The HTTP status."), Field("code", .text, "Stable, for programs."),
            Field("title", .text, "The status in words."), Field("detail", .text, "What happened and what to do next."),
            Field("pointer", .text, required: false, "Where in the body, RFC 6901."),
        ].writeSchema(to: &writer)
    }
}

extension Operation {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.key(method.lowercased())
        writer.object { writer in
            writer.field("summary", about)
            writer.key("parameters")
            writer.array { writer in
                for parameter in parameters {
                    writer.object {
                        $0.field("name", parameter.name)
                        $0.field("in", parameter.place.rawValue)
                        $0.field("required", parameter.place == .path)
                        $0.field("description", parameter.about)
                        $0.key("schema")
                        $0.object { $0.field("type", "string") }
                    }
                }
            }
            if let body {
                writer.key("requestBody")
                writer.object {
                    $0.field("required", true)
                    $0.content("application/json") { body.writeSchema(to: &$0) }
                }
            }
            writer.key("responses")
            writer.object { writer in
                writer.key("2XX")
                writer.object { $0.field("description", "Done.") }
                for status in errors {
                    writer.key(String(status))
                    writer.object {
                        $0.field("description", "A problem.")
                        $0.content("application/problem+json") {
                            $0.object { $0.field("$ref", "#/components/schemas/Problem") }
                        }
                    }
                }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func content(_ type: String, schema: (inout JSONWriter) -> Void) {
        key("content")
        object { writer in
            writer.key(type)
            writer.object { writer in
                writer.key("schema")
                schema(&writer)
            }
        }
    }
}

extension [Field] {
    fileprivate func writeSchema(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("type", "object")
            writer.key("properties")
            writer.object { writer in
                for field in self {
                    writer.key(field.name)
                    field.type.writeSchema(field.about, to: &writer)
                }
            }
            writer.field("required", filter(\.isRequired).map(\.name))
            writer.field("additionalProperties", false)
        }
    }
}

extension FieldType {
    fileprivate func writeSchema(_ about: String, to writer: inout JSONWriter) {
        switch self {
        case .object(let fields): fields.writeSchema(to: &writer)
        case .text, .integer, .flag, .texts, .attributes, .list:
            writer.object { writer in
                writer.field("description", about)
                writer.field("type", jsonType)
                switch self {
                case .texts:
                    writer.key("items")
                    writer.object { $0.field("type", "string") }
                case .attributes:
                    writer.key("additionalProperties")
                    writer.object { $0.field("type", "string") }
                case .list(let fields):
                    writer.key("items")
                    fields.writeSchema(to: &writer)
                case .text, .integer, .flag, .object: break
                }
            }
        }
    }

    private var jsonType: String {
        switch self {
        case .text: "string"
        case .integer: "integer"
        case .flag: "boolean"
        case .texts, .list: "array"
        case .attributes, .object: "object"
        }
    }
}
