import JSON
package import Ledger

/// What an operator wants to have been otherwise from the beginning: a short file, kept in `migrations/log`.
///
///     {"reason": "one product, two spellings", "edits": [
///       {"merge": "85123a", "into": "85123A"},
///       {"rename": "POST", "to": "POSTAGE"},
///       {"split": "84997C", "from": 120455, "to": "84997C-2", "name": "CHILDRENS CUTLERY POLKADOT BLUE"},
///       {"drop": "cart-TEST"}]}
package struct LogEdits: Equatable, Sendable {
    package enum Edit: Equatable, Sendable {
        /// A SKU that nothing else has.
        case rename(SKU, to: SKU)
        /// Two products are one: the second, with its name and its prices.
        case merge(SKU, into: SKU)
        /// One SKU was given to two products, the second from a position on. It takes over what is available then.
        case split(SKU, from: Position, to: SKU, name: String)
        /// A cart that never was ordered, or a product, with its stock, that nothing else mentions.
        case drop(StreamName)
    }

    package let reason: String
    package let edits: [Edit]

    /// - Throws: `InvalidEdits` for whatever is not such a file.
    package init(_ file: [UInt8]) throws(InvalidEdits) {
        let root: JSONElement
        do {
            root = try JSONDocument(file).root
        } catch {
            throw InvalidEdits("it is not JSON: \(error)")
        }
        let fields = try Self.fields(of: root, "the file", ["reason", "edits"])
        guard let reason = fields["reason"]?.text, !reason.isEmpty else {
            throw InvalidEdits("\"reason\" says in a sentence why; it stays on record")
        }
        guard let list = fields["edits"], list.isArray else { throw InvalidEdits("\"edits\" is a list") }
        var edits: [Edit] = []
        for (index, item) in list.items.enumerated() { edits.append(try Self.edit(item, "edit \(index + 1)")) }
        guard !edits.isEmpty else { throw InvalidEdits("\"edits\" has none") }
        self.reason = reason
        self.edits = edits
        try refuseTwice()
    }

    private static func edit(_ item: JSONElement, _ place: String) throws(InvalidEdits) -> Edit {
        let fields = try fields(
            of: item, place, ["rename", "merge", "split", "drop", "to", "into", "from", "name"])
        switch Set(fields.keys) {
        case ["rename", "to"]:
            return .rename(try sku(fields["rename"], place), to: try sku(fields["to"], place))
        case ["merge", "into"]:
            return .merge(try sku(fields["merge"], place), into: try sku(fields["into"], place))
        case ["split", "from", "to", "name"]:
            guard let from = fields["from"]?.wholeNumber, from > 0 else {
                throw InvalidEdits("\(place): \"from\" is the position of the first event of the second product")
            }
            guard let name = fields["name"]?.text, !name.isEmpty else {
                throw InvalidEdits("\(place): \"name\" is what the second product is called")
            }
            return .split(
                try sku(fields["split"], place), from: Position(rawValue: UInt64(from)),
                to: try sku(fields["to"], place), name: name)
        case ["drop"]:
            guard let stream = fields["drop"]?.text.flatMap(StreamName.init),
                stream.category == .cart || stream.category == .product
            else { throw InvalidEdits("\(place): what can be dropped is a cart-… or a product-…") }
            return .drop(stream)
        default:
            throw InvalidEdits(
                "\(place) is none of {\"rename\", \"to\"}, {\"merge\", \"into\"}, {\"split\", \"from\", \"to\", \"name\"}, {\"drop\"}"
            )
        }
    }

    private static func fields(
        of element: JSONElement, _ place: String, _ known: Set<String>
    ) throws(InvalidEdits) -> [String: JSONElement] {
        guard element.isObject else { throw InvalidEdits("\(place) is not an object") }
        var fields: [String: JSONElement] = [:]
        for field in element.fields {
            let name = field.name.text ?? ""
            guard known.contains(name) else {
                throw InvalidEdits("\(place) has a field \"\(name)\", which means nothing")
            }
            fields[name] = field.value
        }
        return fields
    }

    private static func sku(_ element: JSONElement?, _ place: String) throws(InvalidEdits) -> SKU {
        do {
            return try SKU(element?.text ?? "")
        } catch {
            throw InvalidEdits("\(place): \(error.message)")
        }
    }

    /// What one edit makes no other may change: their order would matter.
    private func refuseTwice() throws(InvalidEdits) {
        var sources: Set<SKU> = []
        var made: Set<SKU> = []
        var joined: Set<SKU> = []
        for edit in edits {
            let (source, target): (SKU, SKU?) =
                switch edit {
                case .rename(let sku, let to), .split(let sku, _, let to, _): (sku, to)
                case .merge(let sku, let into): (sku, into)
                case .drop(let stream): (SKU(trusted: stream.description), nil)
                }
            guard sources.insert(source).inserted else { throw InvalidEdits("\"\(source)\" is edited twice") }
            guard let target else { continue }
            if case .merge = edit {
                joined.insert(target)
            } else if !made.insert(target).inserted {
                throw InvalidEdits("\"\(target)\" is made twice")
            }
        }
        for sku in sources where made.contains(sku) || joined.contains(sku) {
            throw InvalidEdits("\"\(sku)\" is edited, and is what another edit makes")
        }
        for sku in made where joined.contains(sku) {
            throw InvalidEdits("\"\(sku)\" is made by one edit, and merged into by another")
        }
    }
}

/// What is wrong with a file of edits, by itself or for the log that it is to change; for people.
package struct InvalidEdits: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
