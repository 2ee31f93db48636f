import Ledger

/// Stock events as protobuf, written and read by hand: every reservation of every order passes here, on the Writer's
/// thread and in each fold over the log, and a generated message costs several allocations an event. The bytes are those of
/// `stock.proto`; a test compares them with the generated code's.
enum StockEventWire {
    static func type(of event: StockItem.Event) -> EventType {
        switch event {
        case .received: .stockReceived
        case .adjusted: .stockAdjusted
        case .reserved: .stockReserved
        case .released: .stockReleased
        case .shipped: .stockShipped
        case .takenBack: .stockTakenBack
        }
    }

    // Fields in the order of their numbers, and none that has its default, as protobuf's own code writes them.
    static func write(_ event: StockItem.Event, to buffer: RecordBuffer) {
        switch event {
        case .received(let goods, let reference):
            write(goods, field: 1, to: buffer)
            if let reference { buffer.textField(2, reference, isOptional: true) }
        case .adjusted(let location, let delta, let reason):
            buffer.textField(1, location.text)
            if delta != 0 {
                buffer.byte(2 << 3)
                buffer.varint(UInt64(bitPattern: (delta << 1) ^ (delta >> 63)))
            }
            buffer.textField(3, reason)
        case .reserved(let id, let reservation):
            buffer.textField(1, id.text)
            for allocation in reservation.allocations { write(allocation, field: 2, to: buffer) }
            buffer.flagField(3, reservation.order != nil)
            if let expiry = reservation.expiresAt {
                buffer.byte(4 << 3)
                buffer.varint(UInt64(bitPattern: expiry.microseconds))
            }
        case .released(let id, let allocations, let expired):
            buffer.textField(1, id.text)
            for allocation in allocations { write(allocation, field: 2, to: buffer) }
            buffer.flagField(3, expired)
        case .shipped(let id, let allocations):
            buffer.textField(1, id.text)
            for allocation in allocations { write(allocation, field: 2, to: buffer) }
        case .takenBack(let goods, let document, let disposition):
            write(goods, field: 1, to: buffer)
            buffer.textField(2, document.text)
            buffer.byte(3 << 3)
            buffer.varint(UInt64(Daybook_V1_Disposition(disposition).rawValue))
        }
    }

    static func bytes(of event: StockItem.Event) -> [UInt8] {
        let buffer = RecordBuffer(capacity: 128)
        write(event, to: buffer)
        return buffer.withBytes { Array($0) }
    }

    private static func write(_ allocation: StockItem.Allocation, field: UInt8, to buffer: RecordBuffer) {
        buffer.message(field: field) { buffer in
            buffer.textField(1, allocation.location.text)
            if allocation.quantity != 0 {
                buffer.byte(2 << 3)
                buffer.varint(UInt64(bitPattern: allocation.quantity))
            }
        }
    }

    static func decoded(_ type: EventType, _ payload: [UInt8]) throws -> StockItem.Event {
        guard let event = payload.withUnsafeBytes({ event(type, $0) }) else { throw MalformedEvent(type: type) }
        return event
    }

    /// Nil where the bytes are not such an event.
    static func event(_ type: EventType, _ payload: UnsafeRawBufferPointer) -> StockItem.Event? {
        let goodsField: UInt64 = type == .stockReceived || type == .stockTakenBack ? 1 : 2
        guard let fields = StockFields(payload, allocationField: type == .stockAdjusted ? 0 : goodsField) else {
            return nil
        }
        return switch type {
        case .stockReceived:
            fields.goods.flatMap { goods in fields.optionalText(2).map { .received(goods, reference: $0) } }
        case .stockAdjusted: adjusted(fields)
        case .stockReserved: reserved(fields)
        case .stockReleased:
            fields.text(1).map {
                .released(ReservationID(trusted: $0), allocations: fields.allocations, expired: fields.numbers[3] != 0)
            }
        case .stockShipped:
            fields.text(1).map { .shipped(ReservationID(trusted: $0), allocations: fields.allocations) }
        case .stockTakenBack: takenBack(fields)
        default: nil
        }
    }

    private static func adjusted(_ fields: StockFields) -> StockItem.Event? {
        guard let location = fields.text(1), let reason = fields.text(3) else { return nil }
        let zigzag = fields.numbers[2]
        let delta = Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1)
        return .adjusted(Location(trusted: location), delta: delta, reason: reason)
    }

    private static func takenBack(_ fields: StockFields) -> StockItem.Event? {
        guard let goods = fields.goods, let document = fields.text(2), let number = Int(exactly: fields.numbers[3]),
            let disposition = Daybook_V1_Disposition(rawValue: number)?.value
        else { return nil }
        return .takenBack(goods, document: DocumentID(trusted: document), disposition)
    }

    private static func reserved(_ fields: StockFields) -> StockItem.Event? {
        guard let id = fields.text(1) else { return nil }
        let reservation = StockItem.Reservation(
            allocations: fields.allocations, order: fields.numbers[3] != 0 ? OrderID(trusted: id) : nil,
            expiresAt: fields.hasFourth ? Timestamp(microseconds: Int64(bitPattern: fields.numbers[4])) : nil)
        return .reserved(ReservationID(trusted: id), reservation)
    }
}

extension Daybook_V1_Disposition {
    init(_ disposition: StockItem.Disposition) {
        self =
            switch disposition {
            case .restocked: .restocked
            case .keptApart: .keptApart
            case .damaged: .damaged
            }
    }

    /// Nil where the message names none, or one of a newer program.
    var value: StockItem.Disposition? {
        switch self {
        case .restocked: .restocked
        case .keptApart: .keptApart
        case .damaged: .damaged
        case .unspecified, .UNRECOGNIZED: nil
        }
    }
}

/// The bytes of an event are no protobuf message of its type.
struct MalformedEvent: Error, CustomStringConvertible {
    let type: EventType

    var description: String { "its bytes are no \(type.name)" }
}

/// The fields of any stock event by their numbers, 1 to 4. Unknown ones are passed by.
private struct StockFields {
    private var texts: [5 of UnsafeRawBufferPointer?] = .init(repeating: nil)
    private(set) var numbers: [5 of UInt64] = .init(repeating: 0)
    private(set) var hasFourth = false
    private(set) var allocations: StockItem.Allocations = []

    /// - Parameter allocationField: the number of the field that is an allocation.
    init?(_ payload: UnsafeRawBufferPointer, allocationField: UInt64) {
        var reader = ProtobufReader(payload)
        while let (field, kind) = reader.field() {
            switch kind {
            case .number:
                guard let value = reader.varint() else { return nil }
                if field < 5 { numbers[Int(field)] = value }
                if field == 4 { hasFourth = true }
            case .bytes:
                guard let bytes = reader.bytes() else { return nil }
                if field == allocationField {
                    guard let allocation = Self.allocation(bytes) else { return nil }
                    allocations.append(allocation)
                } else if field < 5 {
                    texts[Int(field)] = bytes
                }
            case .other: guard reader.skipOther() else { return nil }
            }
        }
        guard reader.isAtEnd else { return nil }
    }

    /// The one allocation of an event that has one; an empty one where it was left out.
    var goods: StockItem.Allocation? {
        allocations.last ?? StockItem.Allocation(location: Location(trusted: ""), quantity: 0)
    }

    func text(_ field: Int) -> String? {
        guard let bytes = texts[field] else { return "" }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Nil where the text is none; a text of nil where there is no field.
    func optionalText(_ field: Int) -> String?? {
        guard let bytes = texts[field] else { return .some(nil) }
        return String(validating: bytes, as: UTF8.self).map { .some($0) }
    }

    private static func allocation(_ bytes: UnsafeRawBufferPointer) -> StockItem.Allocation? {
        var location = ""
        var quantity: Int64 = 0
        var reader = ProtobufReader(bytes)
        while let (field, kind) = reader.field() {
            switch kind {
            case .number:
                guard let value = reader.varint() else { return nil }
                if field == 2 { quantity = Int64(bitPattern: value) }
            case .bytes:
                guard let bytes = reader.bytes() else { return nil }
                if field == 1 {
                    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
                    location = text
                }
            case .other: guard reader.skipOther() else { return nil }
            }
        }
        return reader.isAtEnd
            ? StockItem.Allocation(location: Location(trusted: location), quantity: quantity) : nil
    }
}
