import Ledger
import SwiftProtobuf

/// What the events of a log are after some edits, a command's events at a time, in order.
struct LogTransformation {
    /// An event of the new log, without what follows from where it stands there.
    struct Rewritten {
        let stream: StreamName
        let storedType: EventType
        let payload: [UInt8]
        /// Where it stands in the old log; nil where no event said so.
        let origin: Position?
        /// Who did it, when, and by which command.
        let record: Record
    }

    private struct Split {
        let from: Position
        let sku: String
        let to: String
        let name: String
        /// As far as the log was read, until the product is split.
        var details: Daybook_V1_ProductRegistered?
        var stock = StockAccounts()
    }

    private var changes: SKUChanges
    private let droppedStreams: Set<StreamName>
    /// The registration of what other products are merged into, as it is to be; nil once it stands in the new log.
    private var registrations: [String: (payload: [UInt8], type: EventType)?]
    private let merged: Set<String>
    private var splits: [Split]
    /// The order of each document that the command at hand issues.
    private var orders: [String: String] = [:]

    /// - Parameter registration: the event that registered a product; nil where there is none.
    /// - Throws: `InvalidEdits` where an edit does not fit the products there are.
    init(_ edits: LogEdits, registration: (SKU) throws -> Record?) throws {
        changes = SKUChanges(edits)
        var (dropped, merged): (Set<StreamName>, Set<String>) = ([], [])
        var registrations: [String: (payload: [UInt8], type: EventType)?] = [:]
        var splits: [Split] = []
        func known(_ sku: SKU) throws -> Record {
            guard let record = try registration(sku) else { throw InvalidEdits("there is no product \"\(sku)\"") }
            return record
        }
        for edit in edits.edits {
            switch edit {
            case .rename(let sku, let to):
                _ = try known(sku)
                guard try registration(to) == nil else {
                    throw InvalidEdits("there is a product \"\(to)\" already: merge \"\(sku)\" into it")
                }
            case .merge(let sku, let into):
                let (one, other) = (try Self.details(known(sku)), try Self.details(known(into)))
                guard one.kind == other.kind else {
                    throw InvalidEdits("\"\(sku)\" and \"\(into)\" can't be merged: one is goods, the other a charge")
                }
                merged.insert(sku.text)
                let record = try known(into)
                registrations[into.text] = .some((record.payload, record.storedType))
            case .split(let sku, let from, let to, let name):
                guard try known(sku).position < from else {
                    throw InvalidEdits("\"\(sku)\" is split at position \(from), before it was registered")
                }
                guard try registration(to) == nil else { throw InvalidEdits("there is a product \"\(to)\" already") }
                splits.append(Split(from: from, sku: sku.text, to: to.text, name: name))
            case .drop(let stream):
                dropped.insert(stream)
                if stream.category == .product { dropped.insert(StreamName(.stock, stream.id)) }
            }
        }
        (droppedStreams, self.merged, self.registrations, self.splits) = (dropped, merged, registrations, splits)
    }

    /// The streams whose versions are others than they were.
    func isAffected(_ stream: StreamName) -> Bool {
        guard stream.category == .product || stream.category == .stock else { return false }
        return merged.contains(stream.id) || registrations[stream.id] != nil
            || splits.contains { $0.sku == stream.id || $0.to == stream.id }
    }

    /// What stands in the new log for the events of a command, and before them what a split that is due adds, as a command
    /// of its own.
    ///
    /// - Throws: `InvalidEdits` where an event can't be changed, and what decoding throws.
    mutating func transform(_ command: [Record]) throws -> [[Rewritten]] {
        guard let first = command.first else { return [] }
        var groups = try openSplits(before: first)
        try prepare(command)
        var events: [Rewritten] = []
        for record in command {
            if let rewritten = try rewrite(record) { events.append(rewritten) }
        }
        if !events.isEmpty { groups.append(events) }
        return groups
    }

    /// Orders and documents of a command are looked at first: its stock events may stand before them.
    private mutating func prepare(_ command: [Record]) throws {
        orders.removeAll(keepingCapacity: true)
        for record in command {
            switch record.type {
            case .orderPlaced:
                let (_, payload) = try Self.current(record)
                let placed = try Daybook_V1_OrderPlaced(serializedBytes: payload)
                changes.follow(.order(record.stream.id), from: .cart(placed.cart))
                changes.follow(.reservation(record.stream.id), from: .cart(placed.cart))
            case .orderReturned:
                let (_, payload) = try Self.current(record)
                orders[try Daybook_V1_OrderReturned(serializedBytes: payload).document] = record.stream.id
            case .creditNoteIssued:
                let (_, payload) = try Self.current(record)
                let note = try Daybook_V1_CreditNoteIssued(serializedBytes: payload)
                if let line = note.lines.first(where: \.hasOrder) { orders[record.stream.id] = line.order }
            default: break
            }
        }
    }

    /// Nil where the event is dropped.
    private mutating func rewrite(_ record: Record) throws -> Rewritten? {
        guard !droppedStreams.contains(record.stream) else {
            guard record.type != .cartOrdered else {
                throw InvalidEdits(
                    "\(record.stream) can't be dropped: it became an order, at position \(record.position)")
            }
            return nil
        }
        let (type, payload) = try Self.current(record)
        switch record.stream.category {
        case .product: return try product(record, type, payload)
        case .stock: return try stock(record, type, payload)
        case .cart, .order, .document, .numbers:
            guard let changed = try mentions(record, type, payload), changed != payload else {
                return unchanged(record, in: record.stream)
            }
            return Rewritten(
                stream: record.stream, storedType: type, payload: changed, origin: record.position, record: record)
        }
    }

    private func unchanged(_ record: Record, in stream: StreamName) -> Rewritten {
        Rewritten(
            stream: stream, storedType: record.storedType, payload: record.payload, origin: record.position,
            record: record)
    }

    private static func current(_ record: Record) throws -> (EventType, [UInt8]) {
        try Upcasters.standard.current(record.storedType, record.payload)
    }

    private static func details(_ record: Record) throws -> Daybook_V1_ProductRegistered {
        try Daybook_V1_ProductRegistered(serializedBytes: current(record).1)
    }
}

// Products and their stock: the streams that have other names.
extension LogTransformation {
    private mutating func product(_ record: Record, _ type: EventType, _ payload: [UInt8]) throws -> Rewritten? {
        let sku = record.stream.id
        try note(record, type, payload)
        let target = try changes.sku(sku, at: record.position)
        if type == .productRegistered, let registration = registrations[target] {
            // Whichever was registered first; the other is the same product.
            guard let registration else { return nil }
            registrations[target] = .some(nil)
            return Rewritten(
                stream: StreamName(.product, target), storedType: registration.type, payload: registration.payload,
                origin: record.position, record: record)
        }
        return merged.contains(sku) ? nil : unchanged(record, in: StreamName(.product, target))
    }

    private mutating func stock(_ record: Record, _ type: EventType, _ payload: [UInt8]) throws -> Rewritten {
        let event = try StockEventWire.decoded(type, payload)
        let target = try changes.sku(record.stream.id, in: place(of: event), at: record.position)
        if let index = splits.firstIndex(where: { $0.sku == target }) { splits[index].stock.post(event) }
        return unchanged(record, in: StreamName(.stock, target))
    }

    private func place(of event: StockItem.Event) -> SKUChanges.Place? {
        switch event {
        case .received, .adjusted: nil
        case .reserved(let id, _), .released(let id, _, _), .shipped(let id, _): .reservation(id.text)
        case .takenBack(_, let document, _): orders[document.text].map { .order($0) }
        }
    }

    /// What the second product is called and costs follows from what the first was, up to there.
    private mutating func note(_ record: Record, _ type: EventType, _ payload: [UInt8]) throws {
        guard let index = splits.firstIndex(where: { $0.sku == record.stream.id && record.position < $0.from }) else {
            return
        }
        if type == .productRegistered {
            splits[index].details = try Daybook_V1_ProductRegistered(serializedBytes: payload)
        } else {
            splits[index].details?.price = try Daybook_V1_ProductPriceChanged(serializedBytes: payload).price
        }
    }

    /// Registers the second product of each split that is due, and moves to it what is available of the first.
    private mutating func openSplits(before next: Record) throws -> [[Rewritten]] {
        var groups: [[Rewritten]] = []
        while let index = splits.firstIndex(where: { $0.from <= next.position && $0.details != nil }) {
            groups.append(try opening(of: splits[index], next))
            splits[index].details = nil
        }
        return groups
    }

    private func opening(of split: Split, _ next: Record) throws -> [Rewritten] {
        guard var details = split.details else { return [] }
        details.name = split.name
        details.otherNames = []
        func added(_ sku: String, _ category: Category, _ type: EventType, _ payload: [UInt8]) -> Rewritten {
            Rewritten(
                stream: StreamName(category, sku), storedType: type, payload: payload, origin: nil,
                record: Self.record(of: "split-\(split.sku)-\(split.to)", like: next))
        }
        var events = [added(split.to, .product, .productRegistered, try details.serializedBytes())]
        for balance in split.stock.balances {
            guard case .available(let location) = balance.account, balance.quantity > 0 else { continue }
            for (sku, delta) in [(split.sku, -balance.quantity), (split.to, balance.quantity)] {
                let event = StockItem.Event.adjusted(
                    location, delta: delta, reason: "\(split.sku) was split into \(split.to)")
                events.append(added(sku, .stock, .stockAdjusted, StockEventWire.bytes(of: event)))
            }
        }
        return events
    }

    /// Done by this, at the time of the event before which it stands.
    private static func record(of key: String, like next: Record) -> Record {
        Record(
            position: next.position, stream: next.stream, version: next.version, storedType: next.storedType,
            recordedAt: next.recordedAt, effectiveAt: next.effectiveAt, actor: "migrate-log", key: "migrate-log-" + key,
            ordinal: 0, count: 1, fingerprint: 0, correlation: "", previous: .start, payload: [])
    }
}

// Events in other streams, which mention SKUs.
extension LogTransformation {
    /// Nil where such an event mentions none.
    private mutating func mentions(_ record: Record, _ type: EventType, _ payload: [UInt8]) throws -> [UInt8]? {
        let (cart, order) = (SKUChanges.Place.cart(record.stream.id), SKUChanges.Place.order(record.stream.id))
        switch type {
        case .cartLineAdded:
            return try Self.edit(payload, Daybook_V1_CartLineAdded.self) { try sku(&$0.sku, in: cart, record) }
        case .cartChargeAdded:
            return try Self.edit(payload, Daybook_V1_CartChargeAdded.self) {
                try sku(&$0.charge.code, in: cart, record)
            }
        case .cartQuantityChanged:
            return try Self.edit(payload, Daybook_V1_CartQuantityChanged.self) { try sku(&$0.sku, in: cart, record) }
        case .cartLineRemoved:
            return try Self.edit(payload, Daybook_V1_CartLineRemoved.self) { try sku(&$0.sku, in: cart, record) }
        case .orderPlaced:
            return try Self.edit(payload, Daybook_V1_OrderPlaced.self) { placed in
                for index in placed.lines.indices { try sku(&placed.lines[index].sku, in: order, record) }
                for index in placed.charges.indices { try sku(&placed.charges[index].code, in: order, record) }
            }
        case .orderFulfilled:
            return try Self.edit(payload, Daybook_V1_OrderFulfilled.self) { fulfilled in
                for index in fulfilled.pieces.indices { try sku(&fulfilled.pieces[index].code, in: order, record) }
            }
        case .orderReturned:
            return try Self.edit(payload, Daybook_V1_OrderReturned.self) { returned in
                for index in returned.pieces.indices { try sku(&returned.pieces[index].code, in: order, record) }
            }
        case .creditNoteIssued:
            return try Self.edit(payload, Daybook_V1_CreditNoteIssued.self) { note in
                for index in note.lines.indices {
                    let place = note.lines[index].hasOrder ? SKUChanges.Place.order(note.lines[index].order) : nil
                    try sku(&note.lines[index].code, in: place, record)
                }
            }
        case .adjustmentRecorded:
            return try Self.edit(payload, Daybook_V1_AdjustmentRecorded.self) { adjustment in
                for index in adjustment.lines.indices { try sku(&adjustment.lines[index].code, in: nil, record) }
            }
        case .badDebtRecorded:
            return try Self.edit(payload, Daybook_V1_BadDebtRecorded.self) { try sku(&$0.code, in: nil, record) }
        default: return nil
        }
    }

    private mutating func sku(_ sku: inout String, in place: SKUChanges.Place?, _ record: Record) throws {
        sku = try changes.sku(sku, in: place, at: record.position)
    }

    private static func edit<M: Message>(
        _ payload: [UInt8], _ type: M.Type, _ body: (inout M) throws -> Void
    ) throws -> [UInt8] {
        var message = try M(serializedBytes: payload)
        try body(&message)
        return try message.serializedBytes()
    }
}
