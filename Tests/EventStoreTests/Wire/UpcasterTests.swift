import Foundation
import Ledger
import SwiftProtobuf
import Testing

@testable import EventStore

@Suite("Events of retired kinds")
struct UpcasterTests {
    @Test("Kinds that are written today are read as they are, and the retired ones as one of them")
    func retired() throws {
        #expect(EventType.allCases.filter(\.isRetired) == [.stockReturned])
        for type in EventType.allCases { #expect(!type.current.isRetired) }
        let bytes: [UInt8] = [0x0A, 0x7F]
        let (type, payload) = try Upcasters.standard.current(.orderPaid, bytes)
        #expect(type == .orderPaid)
        #expect(payload == bytes, "not even looked at")
    }

    @Test("Each has a note in migrations/events, which names it and what it became")
    func notes() throws {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let directory = root.appendingPathComponent("migrations/events")
        let notes = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .map { try String(contentsOf: $0, encoding: .utf8) }
        let retired = EventType.allCases.filter(\.isRetired)
        #expect(notes.count == retired.count)
        for type in retired {
            #expect(notes.contains { $0.contains(": \(type.name) is read as ") && $0.contains(type.current.name) })
        }
    }

    @Test("Goods that were not for sale again were kept apart", arguments: [true, false])
    func stockReturned(restocked: Bool) throws {
        let old = Daybook_V1_StockReturned.with {
            $0.goods = Daybook_V1_Allocation(.at("main", 3))
            $0.document = "C-1"
            $0.restocked = restocked
        }
        let event = try EventCodec.decode(.stockReturned, try old.serializedBytes()) { _, _ in nil }
        #expect(
            event
                == .stock(
                    .takenBack(
                        .at("main", 3), document: DocumentID(trusted: "C-1"), restocked ? .restocked : .keptApart)))
    }

    private enum Note: Upcaster {
        static let from = EventType.creditNoteIssued
        static let to = EventType.adjustmentRecorded

        static func upcast(_ old: Daybook_V1_CartLineRemoved) -> Daybook_V1_CartOrdered {
            .with { $0.order = old.sku + "-noted" }
        }
    }

    private enum Debt: Upcaster {
        static let from = EventType.adjustmentRecorded
        static let to = EventType.badDebtRecorded

        static func upcast(_ old: Daybook_V1_CartOrdered) throws -> Daybook_V1_CartQuantityChanged {
            guard old.order != "B-noted" else { throw MalformedEvent(type: from) }
            return .with { $0.sku = old.order + "-owed" }
        }
    }

    @Test("One upcaster leads to the next, and what one of them throws ends it")
    func chain() throws {
        let upcasters = Upcasters([Debt.self, Note.self])
        #expect(upcasters.current(.creditNoteIssued) == .badDebtRecorded)
        #expect(upcasters.current(.adjustmentRecorded) == .badDebtRecorded)
        #expect(upcasters.current(.cartOrdered) == .cartOrdered)
        let old = try Daybook_V1_CartLineRemoved.with { $0.sku = "A" }.serializedBytes() as [UInt8]
        let (type, payload) = try upcasters.current(.creditNoteIssued, old)
        #expect(type == .badDebtRecorded)
        #expect(try Daybook_V1_CartQuantityChanged(serializedBytes: payload).sku == "A-noted-owed")
        let other = try Daybook_V1_CartLineRemoved.with { $0.sku = "B" }.serializedBytes() as [UInt8]
        #expect(throws: MalformedEvent.self) { try upcasters.current(.creditNoteIssued, other) }
    }

    @Test(
        "In a log it is found, shown and folded as what it became, its bytes stay, and it is found by its old name, too"
    )
    func inLog() async throws {
        try await TemporaryData().open { store in
            let old =
                try Daybook_V1_StockReturned.with {
                    $0.goods = Daybook_V1_Allocation(.at("main", 3))
                    $0.document = "C-1"
                }.serializedBytes() as [UInt8]
            let buffer = RecordBuffer()
            buffer.append(Record.sample(.stockReturned, at: 1, payload: [])) { $0.raw(old) }
            let bytes = buffer.withBytes { Array($0) }
            try store.log.append(buffer, after: .start)

            let record = try #require(try store.log.record(at: .at(1)))
            #expect(record.type == .stockTakenBack)
            #expect(record.storedType == .stockReturned)
            #expect(record.encoded() == bytes)
            let event = Recorded(record: record, event: try store.events.event(of: record))
            let json = String(decoding: event.json, as: UTF8.self)
            #expect(json.contains(#""type":"stock.taken-back""#), "\(json)")
            #expect(json.contains(#""disposition":"kept-apart""#), "\(json)")
            for name in ["stock.taken-back", "stock.returned"] {
                let filter = EventFeed.Filter(types: [try #require(EventType(name: name))])
                #expect(filter.matches(record.type, record.stream), "\(name)")
            }
            var folded: [StockItem.Event] = []
            _ = try store.log.readStock(after: .start, limit: 10) { folded.append($1) }
            #expect(folded == [.takenBack(.at("main", 3), document: DocumentID(trusted: "C-1"), .keptApart)])
        }
    }
}
