import EventStore
import Foundation
import Ledger
import Testing

@testable import EventStore

@Suite("Stopping the Writer", .timeLimit(.minutes(5)))
struct StoppingTests {
    @Test("What was taken is decided, written and answered; what comes after is refused")
    func drains() async throws {
        let data = try TemporaryData()
        try await data.open { store in
            let writer = store.startWriter(logger: .silent)
            let gate = Gate()
            defer { gate.open() }
            let standing = Task.immediate { try await writer.outcome(of: Scripted.wait(at: gate)) }
            await gate.isReached()
            let taken = (1...20).map { index in
                Task.immediate { try await writer.outcome(of: Scripted.note("note-\(index)"), key: "key-\(index)") }
            }
            let stopping = Task.immediate { await writer.stop() }
            #expect(try await writer.outcome(of: Scripted.note("late")).fault == .stopping)
            gate.open()
            for (index, task) in taken.enumerated() {
                #expect(try await task.value.receipt?.position == .at(UInt64(index + 1)))
            }
            _ = try await standing.value
            await stopping.value
            #expect(try await writer.outcome(of: Scripted.note("later")).fault == .stopping)
            #expect(store.log.headPosition == .at(20))
            #expect(try store.index.checkpoint == .at(20))
            #expect(writer.fault == nil)
            #expect(await writer.untilEnded() == nil)
        }
        try await data.open { store in try store.expectIndexToFit() }
    }

    @Test("Stopping twice, at once and again, is stopping")
    func twice() async throws {
        try await TemporaryData().open { store in
            let writer = store.startWriter(logger: .silent)
            async let one: Void = writer.stop()
            async let other: Void = writer.stop()
            _ = await (one, other)
            await writer.stop()
        }
    }

    @Test("Who waits for the end is told when it has come")
    func untilEnded() async throws {
        try await TemporaryData().open { store in
            let writer = store.startWriter(logger: .silent)
            let ending = Task.immediate { await writer.untilEnded() }
            try await writer.accept(Scripted.note("one"))
            await writer.stop()
            #expect(await ending.value == nil)
        }
    }

    @Test("A task that was cancelled waits for the end all the same: nothing taken is lost with the process")
    func cancelled() async throws {
        try await TemporaryData().open { store in
            let writer = store.startWriter(logger: .silent)
            let gate = Gate()
            defer { gate.open() }
            let standing = Task.immediate { try await writer.outcome(of: Scripted.wait(at: gate)) }
            await gate.isReached()
            let taken = Task.immediate { try await writer.outcome(of: Scripted.note("one")) }
            let stopping = Task.immediate {
                withUnsafeCurrentTask { $0?.cancel() }
                await writer.stop()
                return gate.isOpen
            }
            // Time enough for one that doesn't wait to come back too early.
            for _ in 1...100 { await Task.yield() }
            gate.open()
            #expect(await stopping.value, "it came back while a decision was under way")
            #expect(try await taken.value.receipt != nil)
            _ = try await standing.value
            await writer.stop()
        }
    }
}
