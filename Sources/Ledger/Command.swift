/// What somebody wants to happen: a value with its rule.
///
/// Values are checked where the command is made (`InvalidValue`), so that a rule meets only possible ones.
package protocol Command: Sendable {
    /// The name in the URL: `place-order`.
    static var name: String { get }

    /// The stream whose version `If-Match` speaks of; nil where it does not exist before the command.
    var subject: StreamName? { get }

    /// Decides on the books as they stand. Changes nothing. Throws `Refusal`, or what the books throw when an
    /// aggregate can't be read. An accepted command has at least one event, and at most one decision on
    /// each aggregate.
    func decide(_ books: any Books, _ moment: Moment) throws -> [StreamEvent]

    /// What the caller is told, made from the command's own events alone, so that a repeated command is
    /// answered as it was the first time.
    func result(of events: [StreamEvent]) -> CommandResult

    /// Writes everything the caller said, in a fixed order: equal commands, and only they, write equal bytes.
    func describe(to bytes: inout CanonicalBytes)
}

extension Command {
    package func result(of events: [StreamEvent]) -> CommandResult { CommandResult() }
}

/// Time and chance, which a rule must not fetch by itself.
package struct Moment: Sendable {
    /// When the command is decided.
    package let now: Timestamp
    /// When what it tells of happened: the same, unless history is told.
    package let effectiveAt: Timestamp
    /// An id that nobody has used, for what the command creates without naming it.
    package let freshID: String

    package init(now: Timestamp, effectiveAt: Timestamp? = nil, freshID: String) {
        self.now = now
        self.effectiveAt = effectiveAt ?? now
        self.freshID = freshID
    }
}

/// The aggregates at the instant of a decision. One that nothing happened to yet is in its first state.
package protocol Books: AnyObject {
    func product(_ sku: SKU) throws -> Product
    func stock(_ sku: SKU) throws -> StockItem
    func cart(_ cart: CartID) throws -> Cart
    func order(_ order: OrderID) throws -> Order
    func orderNumbers() throws -> OrderNumbers
    func document(_ document: DocumentID) throws -> Document
}

/// What an accepted command answers beside its events.
package struct CommandResult: Equatable, Sendable {
    package enum Value: Equatable, Sendable {
        case text(String)
        case money(Money)
        case time(Timestamp)
    }

    package let fields: [(name: String, value: Value)]
    /// The stream that a caller would look at next; nil for the command's subject.
    package let shows: StreamName?

    package init(_ fields: [(name: String, value: Value)] = [], shows: StreamName? = nil) {
        self.fields = fields
        self.shows = shows
    }

    package static func == (left: CommandResult, right: CommandResult) -> Bool {
        left.shows == right.shows
            && left.fields.elementsEqual(right.fields) { $0.name == $1.name && $0.value == $1.value }
    }
}

/// Fields written one after another so that no two different sequences give the same bytes.
package struct CanonicalBytes: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() { bytes.reserveCapacity(256) }  // Most commands say less, and it need not grow.

    package mutating func add(_ text: String) {
        add(Int64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    package mutating func add(_ number: Int64) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func add(_ text: String?) {
        add(text == nil ? 0 : 1)
        if let text { add(text) }
    }

    package mutating func add(_ identifier: some Identifier) { add(identifier.text) }

    package mutating func add(_ amount: Amount) {
        add(amount.tenThousandths)
        add(amount.currency.code)
    }

    package mutating func add<Element>(_ list: [Element], _ describe: (Element, inout CanonicalBytes) -> Void) {
        add(Int64(list.count))
        for element in list { describe(element, &self) }
    }
}
