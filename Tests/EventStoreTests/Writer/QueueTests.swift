import EventStore
import Foundation
import Ledger
import Testing

@testable import EventStore

@Suite("The Writer's queue", .timeLimit(.minutes(5)))
struct QueueTests {
    @Test("When it is full a command is refused at once, and those which wait are not disturbed")
    func overloaded() async throws {
        try await TemporaryData().write(.small(queue: 3)) { store, writer async throws in
            let gate = Gate()
            defer { gate.open() }
            let standing = Task.immediate { try await writer.outcome(of: Scripted.wait(at: gate)) }
            await gate.isReached()
            let waiting = Task.immediate { try await writer.submit(notes(1...2)) }
            let last = Task.immediate { try await writer.submit(notes(3...3)) }
            for _ in 1...3 { #expect(try await writer.submit(notes(4...4))[0].fault == .overloaded) }
            #expect(try await writer.submit(notes(4...5)).map(\.fault) == [.overloaded, .overloaded])
            #expect(!gate.isOpen)
            gate.open()
            #expect(try await standing.value.refusal == .cartEmpty)
            #expect(try await waiting.value.map { $0.receipt?.position.rawValue } == [1, 2])
            #expect(try await last.value.map { $0.receipt?.position.rawValue } == [3])
            #expect(store.log.headPosition == .at(3))
            // There is room again.
            #expect(try await writer.submit(notes(4...6)).allSatisfy { $0.receipt != nil })
        }
    }

    @Test("A group is taken whole or not at all")
    func wholeGroups() async throws {
        try await TemporaryData().write(.small(queue: 3)) { store, writer async throws in
            let gate = Gate()
            defer { gate.open() }
            let standing = Task.immediate { try await writer.outcome(of: Scripted.wait(at: gate)) }
            await gate.isReached()
            let waiting = Task.immediate { try await writer.submit(notes(1...2)) }
            #expect(try await writer.submit(notes(3...4)).map(\.fault) == [.overloaded, .overloaded])
            let single = Task.immediate { try await writer.submit(notes(3...3)) }
            gate.open()
            _ = try await (standing.value, waiting.value)
            #expect(try await single.value[0].receipt?.position == .at(3))
        }
    }

    @Test("Who can wait is let in when there is room, in order, and never refused as overloaded")
    func submitWhenRoom() async throws {
        try await TemporaryData().write(.small(queue: 2)) { store, writer async throws in
            let gate = Gate()
            defer { gate.open() }
            let standing = Task.immediate { try await writer.outcome(of: Scripted.wait(at: gate)) }
            await gate.isReached()
            let filling = Task.immediate { try await writer.submit(notes(1...2)) }
            let waiting = (2...20).map { index in
                Task.immediate {
                    let outcomes = try await writer.submitWhenRoom(notes(index * 2 - 1...index * 2))
                    return outcomes.allSatisfy { $0.receipt != nil } && gate.isOpen
                }
            }
            #expect(try await writer.submit(notes(99...99))[0].fault == .overloaded)
            gate.open()
            _ = try await (standing.value, filling.value)
            for task in waiting { #expect(try await task.value) }
            #expect(store.log.headPosition == .at(40))
        }
    }

    @Test("A group that waits for room is told when the Writer stops")
    func stoppedWhileWaiting() async throws {
        try await TemporaryData().write(.small(queue: 1)) { _, writer async throws in
            let gate = Gate()
            defer { gate.open() }
            let standing = Task.immediate { try await writer.outcome(of: Scripted.wait(at: gate)) }
            await gate.isReached()
            let filling = Task.immediate { try await writer.submit(notes(1...1)) }
            let waiting = Task.immediate { try await writer.submitWhenRoom(notes(2...2)) }
            let stopping = Task.immediate { await writer.stop() }
            #expect(try await waiting.value[0].fault == .stopping)
            gate.open()
            _ = try await standing.value
            #expect(try await filling.value[0].receipt != nil)
            await stopping.value
        }
    }

    @Test("A stream of groups from many tasks is slowed down and loses nothing")
    func manyStreams() async throws {
        try await TemporaryData().write(.small(queue: 8)) { store, writer async throws in
            try await withThrowingTaskGroup { group in
                for stream in 0..<16 {
                    group.addTask {
                        for step in 0..<10 {
                            let first = (stream * 10 + step) * 3
                            let outcomes = try await writer.submitWhenRoom(notes(first...first + 2))
                            let positions = outcomes.compactMap { $0.receipt?.position.rawValue }
                            #expect(positions.count == 3)
                            #expect(zip(positions, positions.dropFirst()).allSatisfy { $0 < $1 })
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(store.log.headPosition == .at(480))
        }
    }

    @Test("Nothing handed in is nothing answered")
    func emptyGroup() async throws {
        try await TemporaryData().write { store, writer in
            #expect(await writer.submit([]).isEmpty)
            #expect(await writer.submitWhenRoom([]).isEmpty)
            #expect(store.log.headPosition == .start)
        }
    }

    @Test("Groups are taken in order, up to a number of commands, and a larger group by itself")
    func take() throws {
        let queue = CommandQueue(capacity: 100)
        for count in [2, 3, 1, 7, 1] { #expect(queue.offer(try .silent(count)) == nil) }
        func sizes(_ max: Int) -> [Int] { queue.take(max: max).map(\.submissions.count) }
        #expect(sizes(5) == [2, 3])
        #expect(sizes(5) == [1])
        #expect(sizes(5) == [7])
        #expect(sizes(5) == [1])
        #expect(sizes(5) == [])
    }

    @Test("A closed queue takes nothing more and gives out what it has")
    func close() throws {
        let queue = CommandQueue(capacity: 2)
        #expect(queue.offer(try .silent(2)) == nil)
        #expect(queue.offer(try .silent(1))?.code == .overloaded)
        queue.close(EventStoreError(.stopping, "first"))
        queue.close(EventStoreError(.poisoned, "second"))
        #expect(queue.offer(try .silent(1))?.message == "first", "the first reason stands")
        #expect(queue.untilCommandsWait())
        #expect(queue.take(max: 9).count == 1)
        #expect(!queue.untilCommandsWait())
        #expect(queue.take(max: 9).isEmpty)
    }
}

private func notes(_ numbers: ClosedRange<Int>) throws -> [Submission] {
    try numbers.map { try Submission(Scripted.note("note-\($0)"), actor: "test") }
}

extension CommandQueue.Group {
    fileprivate static func silent(_ count: Int) throws -> CommandQueue.Group {
        CommandQueue.Group(submissions: count == 0 ? [] : try notes(1...count)) { _ in }
    }
}

extension Writer.Options {
    fileprivate static func small(queue: Int) -> Writer.Options {
        var options = Writer.Options()
        options.queueCapacity = queue
        return options
    }
}
