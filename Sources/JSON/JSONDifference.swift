/// One place in which two JSON texts differ.
package struct JSONDifference: Equatable, Sendable {
    /// As a JSON pointer (RFC 6901).
    package let pointer: String
    /// The value there as JSON text; nil where there is none.
    package let before: [UInt8]?
    package let after: [UInt8]?

    /// All places, in the order of the second text, what is only in the first one behind it. Objects are compared by name and
    /// arrays by index; a value that is on one side alone is one difference, whatever is inside. Nil is an empty object.
    package static func all(from before: JSONDocument?, to after: JSONDocument?) -> [JSONDifference] {
        var found: [JSONDifference] = []
        compare(before?.root, after?.root, at: "", &found)
        return found
    }

    private static func compare(
        _ before: JSONElement?, _ after: JSONElement?, at pointer: String, _ found: inout [JSONDifference]
    ) {
        let isObject = (before?.isObject ?? true) && (after?.isObject ?? true)
        if isObject, pointer.isEmpty || (before != nil && after != nil) {
            compare(fields: before, after, at: pointer, &found)
        } else if let before, let after, before.isArray, after.isArray {
            compare(items: Array(before.items), Array(after.items), at: pointer, &found)
        } else if before?.source != after?.source {
            found.append(
                JSONDifference(
                    pointer: pointer, before: before.map { Array($0.source) }, after: after.map { Array($0.source) }))
        }
    }

    private static func compare(
        fields before: JSONElement?, _ after: JSONElement?, at pointer: String, _ found: inout [JSONDifference]
    ) {
        for (name, value) in named(after) {
            compare(before?.field(name), value, at: pointer + "/" + escaped(name), &found)
        }
        for (name, value) in named(before) where after?.field(name) == nil {
            compare(value, nil, at: pointer + "/" + escaped(name), &found)
        }
    }

    private static func compare(
        items before: [JSONElement], _ after: [JSONElement], at pointer: String, _ found: inout [JSONDifference]
    ) {
        for index in 0..<max(before.count, after.count) {
            compare(
                before.indices.contains(index) ? before[index] : nil,
                after.indices.contains(index) ? after[index] : nil, at: "\(pointer)/\(index)", &found)
        }
    }

    private static func named(_ object: JSONElement?) -> [(name: String, value: JSONElement)] {
        object.map { $0.fields.map { (name: $0.name.text ?? "", value: $0.value) } } ?? []
    }

    private static func escaped(_ name: String) -> String {
        name.replacing("~", with: "~0").replacing("/", with: "~1")
    }
}
