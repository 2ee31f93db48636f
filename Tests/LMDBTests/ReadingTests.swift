import Foundation
import Testing

@testable import LMDB

@Suite("Reading")
struct ReadingTests {
    private let directory: TemporaryDirectory
    private let environment: Environment
    private let log: Database

    init() throws {
        directory = try TemporaryDirectory()
        environment = try directory.environment()
        log = try environment.log()
    }

    @Test("Integer keys are scanned in numerical order, whatever order they were put in")
    func order() throws {
        let keys: [UInt64] = [256, 1, 65_536, 255, .max, 0, 1 << 40]
        try environment.write { (transaction) throws in
            for key in keys { try transaction.put(log, key: key, value: record(key)) }
        }
        #expect(try environment.keys(log) == keys.sorted())
    }

    @Test("A scan begins at the first key that is not below, and ends at its limit or when told")
    func scanBounds() throws {
        try environment.write { (transaction) throws in
            for key in stride(from: UInt64(10), through: 100, by: 10) {
                try transaction.append(log, key: key, value: record(key))
            }
        }
        #expect(try scan(from: 15, limit: 3) == [20, 30, 40])
        #expect(try scan(from: 90, limit: 3) == [90, 100])
        #expect(try scan(from: 101, limit: 3) == [])
        #expect(try scan(from: 0, limit: 0) == [])
        #expect(try scan(from: 0, limit: 9, until: 30) == [10, 20, 30])
    }

    private func scan(from start: UInt64, limit: Int, until last: UInt64 = .max) throws -> [UInt64] {
        var keys: [UInt64] = []
        let count = try environment.read { (transaction) throws in
            try transaction.scan(log, from: start, limit: limit) { (key, value) in
                #expect(value.array == record(key))
                keys.append(key)
                return key < last
            }
        }
        #expect(count == keys.count)
        return keys
    }

    @Test("An empty database has no keys")
    func empty() throws {
        try environment.read { (transaction) throws in
            #expect(try transaction.firstKey(log) == nil)
            #expect(try transaction.lastKey(log) == nil)
            #expect(try transaction.keys(log) == [])
        }
    }

    @Test("Byte keys are scanned in lexicographical order, a prefix before what it begins")
    func byteKeys() throws {
        let index = try environment.database(named: "index", options: .create)
        let names = ["cart-2", "cart-10", "cart-1", "order-1", "cart-"]
        try environment.write { (transaction) throws in
            for name in names { try transaction.put(index, key: Array(name.utf8), value: Array(name.utf8)) }
            #expect(try transaction.delete(index, key: Array("cart-2".utf8)))
        }
        #expect(try scan(index, from: "") == ["cart-", "cart-1", "cart-10", "order-1"])
        #expect(try scan(index, from: "cart-10") == ["cart-10", "order-1"])
        #expect(try scan(index, from: "p") == [])
        let value = try environment.read { transaction in try transaction.get(index, key: Array("cart-1".utf8)) }
        #expect(value == Array("cart-1".utf8))
    }

    private func scan(_ index: Database, from start: String) throws -> [String] {
        var keys: [String] = []
        try environment.read { (transaction) throws in
            try transaction.scan(index, from: Array(start.utf8)) { (key, value) in
                #expect(key.array == value.array)
                keys.append(String(decoding: key.array, as: UTF8.self))
                return true
            }
        }
        return keys
    }

    @Test("A byte key that is empty or too long is refused")
    func badKeys() throws {
        let index = try environment.database(named: "index", options: .create)
        for count in [0, 512] {
            #expect(throws: LMDBError.badValueSize) {
                try environment.write { (transaction) throws in
                    try transaction.put(index, key: [UInt8](repeating: 1, count: count), value: [])
                }
            }
        }
    }

    @Test("A snapshot stays as it was while others write")
    func snapshot() throws {
        try environment.append(1...3, to: log)
        try environment.read { (transaction) throws in
            try environment.append(4...6, to: log)
            #expect(try transaction.keys(log) == [1, 2, 3])
        }
        #expect(try environment.keys(log) == [1, 2, 3, 4, 5, 6])
    }

    @Test("A snapshot is known to be overtaken when its place may have been given to the next commit but one")
    func overtaken() throws {
        #expect(try environment.read { ReadTransaction.isOvertaken($0.access.handle) } == false)
        try environment.read { snapshot in
            try environment.append(1...1, to: log)
            #expect(ReadTransaction.isOvertaken(snapshot.access.handle) == false)
            try environment.append(2...2, to: log)
            #expect(ReadTransaction.isOvertaken(snapshot.access.handle))
        }
    }

    @Test("A reader that is renewed sees what was written since, and databases opened since")
    func reader() throws {
        let reader = try Reader(environment)
        #expect(try reader.read { transaction in try transaction.lastKey(log) } == nil)
        for key in UInt64(1)...50 {
            try environment.append(key...key, to: log)
            #expect(try reader.read { transaction in try transaction.lastKey(log) } == key)
        }
        let index = try environment.database(named: "index", options: .create)
        #expect(try reader.read { transaction in try transaction.entryCount(index) } == 0)
    }

    @Test("A reader between two reads holds no snapshot, so freed pages are used again")
    func idleReader() throws {
        let reader = try Reader(environment)
        try environment.append(1...1_000, to: log)
        _ = try reader.read { transaction in try transaction.lastKey(log) }
        for _ in 0..<20 { try rewrite() }
        let used = try environment.pagesUsedBytes
        for _ in 0..<100 { try rewrite() }
        #expect(try environment.pagesUsedBytes == used)
        _ = try reader.read { transaction in try transaction.lastKey(log) }
    }

    private func rewrite() throws {
        try environment.write { (transaction) throws in
            for key in UInt64(1)...1_000 { try transaction.put(log, key: key, value: record(key)) }
        }
    }

    @Test("Reading with a reader inside itself is refused, and the reader goes on")
    func nestedReader() throws {
        let reader = try Reader(environment)
        try reader.read { (_) throws in
            #expect(throws: LMDBError.invalidArgument) { try reader.read { _ in } }
        }
        #expect(try reader.read { transaction in try transaction.keys(log) } == [])
    }
}
