import EventStore
import Foundation
import LMDB
import Ledger
import Testing

@testable import EventStore

@Suite("A failed write", .timeLimit(.minutes(5)))
struct PoisonTests {
    @Test("An append that fails poisons the Writer: its batch and all that waits fail, and it says why")
    func conflict() async throws {
        let data = try TemporaryData()
        try await data.write { store, writer in
            try await writer.sell(sku("A"), stock: 5)
            let gate = Gate()
            defer { gate.open() }
            // The batch under decision: refused, accepted and repeated commands together.
            let batch = Task.immediate {
                await writer.submit([
                    try Submission(Scripted.wait(at: gate), actor: "test"),
                    try Submission(ReserveStock(sku: sku("none"), quantity: 1), actor: "test"),
                    try Submission(ReserveStock(sku: sku("A"), quantity: 5), key: "lost", actor: "test"),
                    try Submission(ReserveStock(sku: sku("A"), quantity: 5), key: "lost", actor: "test"),
                ])
            }
            await gate.isReached()
            let waiting = Task.immediate { try await writer.outcome(of: Scripted.note("waiting")) }
            let ending = Task.immediate { await writer.untilEnded() }
            // Another process would have to do this: somebody writes behind the Writer's back.
            let stray = Record.sample(.stockReceived, at: 3, id: "stray", payload: [0x0A, 0])
            try store.log.append([stray], after: .at(2))
            gate.open()

            let outcomes = try await batch.value
            #expect(outcomes.map(\.refusal) == [.cartEmpty, .unknownProduct, nil, nil])
            #expect(outcomes.map(\.fault) == [nil, nil, .conflict, .conflict])
            #expect(try await waiting.value.fault == .conflict)
            #expect(await ending.value?.code == .conflict)
            #expect(writer.fault?.code == .conflict)
            #expect(try await writer.outcome(of: Scripted.note("late")).fault == .conflict)
            #expect(
                await writer.submitWhenRoom([try Submission(Scripted.note("late"), actor: "test")])[0].fault
                    == .conflict)
            #expect(store.log.headPosition == .at(3))
            // Reading goes on.
            #expect(try store.log.read(after: .start, limit: 9).count == 3)
        }
        try await data.write { store, writer in
            #expect(store.log.headPosition == .at(3))
            try store.expectIndexToFit()
            // The lost command can be sent again.
            #expect(try await !writer.accept(ReserveStock(sku: sku("A"), quantity: 5), key: "lost").isRepeated)
        }
    }

    @Test("An answer that rests on what was then not written is none: it fails with its batch")
    func answersOfAFailedBatch() async throws {
        try await TemporaryData().write { store, writer in
            try await writer.sell(sku("A"), stock: 5)
            let gate = Gate()
            defer { gate.open() }
            let batch = Task.immediate {
                await writer.submit([
                    try Submission(Scripted.wait(at: gate), actor: "test"),
                    try Submission(ReserveStock(sku: sku("A"), quantity: 5), key: "lost", actor: "test"),
                    // Five are there, for the reservation of five never came to be.
                    try Submission(ReserveStock(sku: sku("A"), quantity: 1), actor: "test"),
                    try Submission(Scripted.note("other"), key: "lost", actor: "test"),
                    try Submission(
                        ReserveStock(sku: sku("A"), quantity: 1), expectedVersion: .at(1), actor: "test"),
                ])
            }
            await gate.isReached()
            let stray = Record.sample(.stockReceived, at: 3, id: "stray", payload: [0x0A, 0])
            try store.log.append([stray], after: .at(2))
            gate.open()
            #expect(try await batch.value.map(\.fault) == [nil, .conflict, .conflict, .conflict, .conflict])
        }
    }

    @Test("A write that the system refuses poisons the Writer, nothing is acknowledged, and the log is sound after")
    func refusedWrite() async throws {
        let data = try TemporaryData()
        // A limit on the size of files is the process's own: a child process has it.
        await #expect(processExitsWith: .success) { [path = data.path as String] in
            await reporting {
                signal(SIGXFSZ, SIG_IGN)
                try await TemporaryData.write(path) { store, writer in
                    try await writer.accept(Scripted.note("kept"), key: "kept")
                    var whole = rlimit()
                    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &whole)
                    try limitFiles(to: rlim_t(store.log.sizeOnDiskBytes), whole)
                    let outcomes = await writer.submit(try large("lost", count: 50))
                    #expect(outcomes.map(\.fault) == Array(repeating: .poisoned, count: 50))
                    #expect(await writer.untilEnded()?.code == .poisoned)
                    #expect(writer.fault?.code == .poisoned)
                    try limitFiles(to: whole.rlim_cur, whole)
                    // There is room again; after a failed write that is no reason to go on.
                    #expect(try await writer.outcome(of: Scripted.note("late")).fault == .poisoned)
                    #expect(try store.log.refreshHead() == .at(1))
                    #expect(try store.log.read(after: .start, limit: 9).map(\.key) == ["kept"])
                }
            }
        }
        try await data.write { store, writer in
            #expect(try store.log.read(after: .start, limit: 9).map(\.key) == ["kept"])
            let outcomes = await writer.submit(try large("lost", count: 50))
            #expect(outcomes.compactMap(\.receipt).count { !$0.isRepeated } == 50)
            #expect(try await writer.accept(Scripted.note("kept"), key: "kept").isRepeated)
            try store.expectIndexToFit()
        }
    }

    @Test("A full disk refuses the batch and nothing else: reading goes on, and writing when there is room")
    func fullDisk() async throws {
        guard let disk = ProcessInfo.processInfo.environment["DAYBOOK_TEST_SMALL_DISK"] else {
            try Test.cancel("Set DAYBOOK_TEST_SMALL_DISK to an empty file system of some megabytes to run this.")
        }
        let data = try TemporaryData(in: disk)
        let ballast = data.file("ballast")
        try Data(repeating: 1, count: 1 << 20).write(to: URL(fileURLWithPath: ballast))
        try await data.write { store, writer in
            try await writer.sell(sku("A"), stock: 5)
            var accepted = 2
            var refused: [Outcome] = []
            while refused.isEmpty {
                let outcomes = await writer.submit(try large("fill-\(accepted)", count: 3))
                accepted += outcomes.count { $0.receipt != nil }
                refused = outcomes.filter { $0.receipt == nil }
            }
            #expect(refused.map(\.fault) == [.diskFull, .diskFull, .diskFull])
            #expect(writer.fault == nil)
            #expect(store.log.headPosition == .at(UInt64(accepted)))
            #expect(try store.log.read(after: .start, limit: .max).count == accepted)
            #expect(
                try await writer.outcome(of: ReserveStock(sku: sku("none"), quantity: 1)).refusal == .unknownProduct)

            try FileManager.default.removeItem(atPath: ballast)
            let outcomes = await writer.submit(try large("fill-\(accepted)", count: 3))
            #expect(outcomes.compactMap(\.receipt).map(\.isRepeated) == [false, false, false])
            try await writer.accept(ReserveStock(sku: sku("A"), quantity: 5))
            try store.expectIndexToFit()
        }
    }
}

private func large(_ name: String, count: Int) throws -> [Submission] {
    try (1...count).map { index in
        let words = "\(name)-\(index)"
        let command = Scripted(words: words) { _, _ in
            [.of(sku(words), .registered(.init(name: String(repeating: "x", count: 60_000))))]
        }
        return try Submission(command, key: words, actor: "test")
    }
}

private func limitFiles(to bytes: rlim_t, _ whole: rlimit) throws {
    var limit = rlimit(rlim_cur: bytes, rlim_max: whole.rlim_max)
    try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
}
