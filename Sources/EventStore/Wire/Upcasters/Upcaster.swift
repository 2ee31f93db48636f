import SwiftProtobuf

/// Makes of an event of a retired kind what it would be, were it written today. It runs each time such an event is read; what
/// stands in the log stays as it was written.
///
/// The result follows from the old message alone, and says no more than it did. The kind, its number, its message and its
/// fixture stay for ever; `migrations/events` has a note of each.
protocol Upcaster {
    associatedtype Old: Message
    associatedtype New: Message

    /// The kind that is retired: none is written any more.
    static var from: EventType { get }
    /// What took its place, of the same category of streams. It may be retired itself.
    static var to: EventType { get }

    static func upcast(_ old: Old) throws -> New
}

extension Upcaster {
    fileprivate static func payload(of old: [UInt8]) throws -> [UInt8] {
        try upcast(Old(serializedBytes: old)).serializedBytes()
    }
}

/// The upcasters there are, one for each kind that is retired; one leads to the next, until a kind that is not.
struct Upcasters: Sendable {
    static let standard = Upcasters([StockReturnedUpcaster.self])

    private let upcasters: [EventType: any Upcaster.Type]
    /// By the number of a kind: it is asked for each record that is read.
    private let currents: [EventType]

    init(_ upcasters: [any Upcaster.Type]) {
        self.upcasters = Dictionary(uniqueKeysWithValues: upcasters.map { ($0.from, $0) })
        for upcaster in upcasters {
            precondition(upcaster.from.category == upcaster.to.category, "an upcast event stays in its stream")
        }
        let last = EventType.allCases.map(\.rawValue).max() ?? 0
        currents = (0...last).map { [upcasters = self.upcasters] number in
            var type = EventType(rawValue: number) ?? .productRegistered
            while let next = upcasters[type]?.to { type = next }
            return type
        }
    }

    /// As which an event of the kind is read; itself where it is not retired.
    func current(_ type: EventType) -> EventType { currents[Int(type.rawValue)] }

    /// The payload as it is read, and its kind.
    ///
    /// - Throws: where the bytes are no such message, or what an upcaster throws.
    func current(_ type: EventType, _ payload: [UInt8]) throws -> (type: EventType, payload: [UInt8]) {
        var (type, payload) = (type, payload)
        while let upcaster = upcasters[type] {
            payload = try upcaster.payload(of: payload)
            type = upcaster.to
        }
        return (type, payload)
    }
}
