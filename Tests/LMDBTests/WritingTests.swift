import Foundation
import LMDB
import Testing

@Suite("Writing")
struct WritingTests {
    private struct Stop: Error {}

    private let directory: TemporaryDirectory
    private let environment: Environment
    private let log: Database

    init() throws {
        directory = try TemporaryDirectory()
        environment = try directory.environment(mapSizeBytes: 1 << 20)
        log = try environment.log()
    }

    @Test("Appending at or below the last key is refused, and the rest of the transaction stands")
    func appendOutOfOrder() throws {
        try environment.write { (transaction) throws in
            try transaction.append(log, key: 5, value: record(5))
            #expect(throws: LMDBError.keyExists) { try transaction.append(log, key: 5, value: [1]) }
            #expect(throws: LMDBError.keyExists) { try transaction.append(log, key: 4, value: [1]) }
            try transaction.append(log, key: 6, value: record(6))
        }
        #expect(try environment.keys(log) == [5, 6])
        #expect(try environment.read { transaction in try transaction.get(log, key: 5) } == record(5))
    }

    @Test("A transaction whose body throws leaves nothing")
    func abort() throws {
        try environment.append(1...1, to: log)
        #expect(throws: Stop.self) {
            try environment.write { (transaction) throws in
                try transaction.append(log, key: 2, value: record(2))
                throw Stop()
            }
        }
        #expect(try environment.keys(log) == [1])
        try environment.append(2...2, to: log)
    }

    @Test("A transaction sees its own changes, and others do not before it commits")
    func isolation() throws {
        try environment.write { (transaction) throws in
            try transaction.append(log, key: 1, value: record(1))
            #expect(try transaction.keys(log) == [1])
            #expect(try environment.keys(log) == [])
        }
        #expect(try environment.keys(log) == [1])
    }

    @Test("Putting replaces, deleting says whether there was anything, clearing leaves an empty database")
    func changes() throws {
        try environment.write { (transaction) throws in
            let two: [UInt8] = [2, 3]
            try transaction.put(log, key: 1, value: [1])
            try transaction.put(log, key: 1, value: two.span.bytes)
            #expect(try transaction.get(log, key: 1) == two)
            #expect(try transaction.delete(log, key: 1))
            #expect(try !transaction.delete(log, key: 1))
            try transaction.put(log, key: 9, value: [])
            #expect(try transaction.get(log, key: 9) == [])
            try transaction.clear(log)
            #expect(try transaction.lastKey(log) == nil)
        }
    }

    @Test("A full map is reported, changes nothing, and ends neither reading nor smaller writes")
    func mapFull() throws {
        try environment.append(1...100, to: log)
        let error = #expect(throws: LMDBError.mapFull) { try environment.append(101...20_000, to: log) }
        #expect(error?.isDiskFull == true)
        #expect(try environment.keys(log) == Array(1...100))
        try environment.append(101...101, to: log)
    }

    @Test("Swallowing an error that ended the transaction makes the commit fail")
    func swallowedError() throws {
        let failure = #expect(throws: CommitFailed.self) {
            try environment.write { (transaction) throws in
                #expect(throws: LMDBError.mapFull) {
                    for key in 1...20_000 { try transaction.append(log, key: UInt64(key), value: record(1)) }
                }
            }
        }
        #expect(failure?.cause == .badTransaction)
        #expect(failure?.outcome == .unknown)
        #expect(try environment.keys(log) == [])
    }

    @Test("Errors say what happened, by LMDB's own name")
    func descriptions() {
        #expect("\(LMDBError.mapFull)".hasPrefix("MDB_MAP_FULL (-30792): the file has reached its map size"))
        #expect("\(LMDBError(rawValue: EMFILE))" == "LMDB code 24: Too many open files")
        let failed = CommitFailed(cause: .noSpace, outcome: .diskFull)
        #expect("\(failed)".hasPrefix("The commit found no room and changed nothing. ENOSPC (28): no space"))
    }
}
