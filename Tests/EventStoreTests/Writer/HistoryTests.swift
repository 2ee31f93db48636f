import EventStore
import Foundation
import Ledger
import Synchronization
import TestTools
import Testing

@testable import EventStore

@Suite("Random histories", .timeLimit(.minutes(5)))
struct HistoryTests {
    @Test("What the Writer knows while it runs is what the log says when it is read again", arguments: 0..<6)
    func liveEqualsReplay(index: Int) async throws {
        let data = try TemporaryData()
        var shop = RandomShop(seed: .of("histories", index))
        var options = Writer.Options()
        options.batchCommandsMax = shop.one(of: [3, 8_192])
        options.batchBytesMax = shop.one(of: [1, 2_000, 8 << 20])
        var told: [Told] = []
        var position = Position.start
        // Seed: DAYBOOK_TEST_SEED, which was printed, and the number of the history.
        for run in 0..<4 {
            if run == 2 { try data.remove("index") }
            try await data.write(options) { store, writer in
                for _ in 1...40 {
                    let submissions = try shop.group(repeating: told.map(\.submission))
                    let outcomes = await writer.submit(submissions)
                    #expect(outcomes.count == submissions.count)
                    for (submission, outcome) in zip(submissions, outcomes) {
                        let known = told.first { $0.submission.key == submission.key }
                        Self.check(outcome, against: known?.receipt, after: position)
                        guard let receipt = outcome.receipt, known == nil else { continue }
                        told.append((submission, receipt))
                        position = receipt.position
                    }
                    #expect(store.log.headPosition == position)
                }
                try await Self.expectBooksToEqualTheLog(store, writer)
            }
        }
        #expect(told.count > 150, "a history of refusals alone tells nothing")
        try await Self.expectReplay(of: told, in: data)
    }

    private static func check(_ outcome: Outcome, against known: Receipt?, after position: Position) {
        switch outcome {
        case .accepted(let receipt):
            #expect(receipt.isRepeated == (known != nil))
            #expect(receipt.events == known?.events ?? receipt.events)
            #expect(receipt.result == known?.result ?? receipt.result)
            if known == nil { #expect(receipt.events[0].position == position.advanced(by: 1)) }
        case .refused, .versionMismatch: #expect(known == nil)
        case .keyReused, .failed: Issue.record("\(outcome)")
        }
    }

    /// The Writer's own books, warm with all that it decided, against the log folded from its beginning.
    private static func expectBooksToEqualTheLog(_ store: Store, _ writer: Writer) async throws {
        let seen = States()
        let look = Scripted.look { books in
            let folded = try FoldedBooks(store)
            seen.set(try folded.state(), try folded.state(from: books))
        }
        #expect(try await writer.outcome(of: look).refusal == .cartEmpty)
        #expect(seen.areEqual)
    }

    private typealias Told = (submission: Submission, receipt: Receipt)

    private static func expectReplay(of told: [Told], in data: TemporaryData) async throws {
        try await data.write { store, writer in
            // Cold books, each aggregate loaded from its own stream.
            try await expectBooksToEqualTheLog(store, writer)
            try store.expectIndexToFit()
            let records = try store.log.read(after: .start, limit: .max)
            let entries = records.map {
                Receipt.Entry(position: $0.position, stream: $0.stream, version: $0.version, type: $0.type)
            }
            #expect(entries == told.flatMap(\.receipt.events))
            for (submission, receipt) in told {
                let again = try #require(await writer.submit(submission).receipt)
                #expect(again.isRepeated)
                #expect(again.events == receipt.events)
                #expect(again.result == receipt.result)
            }
            #expect(store.log.headPosition == records.last?.position)
        }
    }
}

extension RandomShop {
    /// One to eight submissions, now and then one that was accepted before.
    fileprivate mutating func group(repeating told: [Submission]) throws -> [Submission] {
        var group: [Submission] = []
        for _ in 1...number(1...8) {
            group.append(!told.isEmpty && chance(8) ? one(of: told) : try submission())
        }
        return group
    }
}

private final class States: Sendable {
    private let states = Mutex<(folded: Data, live: Data)?>(nil)

    func set(_ folded: Data, _ live: Data) { states.withLock { $0 = (folded, live) } }

    var areEqual: Bool { states.withLock { $0.map { $0.folded == $0.live } ?? false } }
}
