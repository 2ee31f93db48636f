import EventStore
import Foundation
import Ledger
import TestTools
import Testing

@testable import EventStore

@Suite("Many at once", .timeLimit(.minutes(5)))
struct ConcurrencyTests {
    @Test("Sixty-four who fight for one item never get more than there is, and nobody is told wrong")
    func hotItem() async throws {
        let data = try TemporaryData()
        let stock = 1_000
        let granted = try await data.write { store, writer in
            try await writer.sell(sku("HOT"), stock: Int64(stock))
            let granted = try await withThrowingTaskGroup(of: [Receipt].self) { group in
                for task in 1...64 {
                    group.addTask {
                        var granted: [Receipt] = []
                        for step in 1...50 {
                            let id = reservation("r-\(task)-\(step)")
                            let reserve = try ReserveStock(sku: sku("HOT"), quantity: 1, reservation: id)
                            let outcome = try await writer.outcome(of: reserve, key: "key-\(task)-\(step)")
                            if let receipt = outcome.receipt { granted.append(receipt) }
                            #expect(outcome.receipt != nil || outcome.refusal == .notEnoughStock, "\(outcome)")
                        }
                        return granted
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(granted.count == stock)
            #expect(store.log.headPosition == .at(UInt64(stock) + 2))
            return granted
        }
        #expect(Set(granted.map(\.position.rawValue)) == Set(3...UInt64(stock) + 2))
        #expect(Set(granted.map(\.shownVersion.rawValue)) == Set(2...UInt64(stock) + 1))
        try await data.open { store in
            let books = try FoldedBooks(store)
            let item = try books.stock(sku("HOT"))
            #expect(item.available(at: .noon) == 0)
            #expect(item.balance(of: .reserved(Location(trusted: "main"))) == Int64(stock))
            #expect(item.reservations.count == stock)
        }
    }

    @Test("One key handed in by many at once is one command")
    func oneKey() async throws {
        try await TemporaryData().write { store, writer in
            let receipts = try await withThrowingTaskGroup(of: Receipt.self) { group in
                for _ in 1...32 { group.addTask { try await writer.accept(Scripted.note("one"), key: "key") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(receipts.count { !$0.isRepeated } == 1)
            #expect(Set(receipts.map(\.position)) == [.at(1)])
            #expect(store.log.headPosition == .at(1))
        }
    }

    @Test("Readers who follow the log see each record once, in order, while it is written")
    func followers() async throws {
        try await TemporaryData().write { store, writer in
            let last: UInt64 = 600
            let log = store.log
            try await withThrowingTaskGroup { group in
                for _ in 1...4 {
                    group.addTask {
                        var place = Position.start
                        while place.rawValue < last {
                            try #require(await log.head.reached(place.rawValue + 1, within: .patience))
                            let newest = try log.read(after: place, limit: 50).last?.position
                            place = try #require(newest, "what was announced can be read")
                        }
                    }
                }
                for task in 0..<6 {
                    group.addTask {
                        for step in 1...100 { try await writer.accept(Scripted.note("note-\(task * 100 + step)")) }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
