import Foundation
import Ledger

@testable import EventStore

// A batch is written, and everything about it compared with the plain shop.
extension Simulation {
    func commitPending() {
        guard let begun = pending, !isCommitting else { return }
        (pending, isCommitting) = (nil, true)
        defer { isCommitting = false }
        let groups = Array(waiting.prefix(begun.batch.decided.count))
        waiting.removeFirst(groups.count)
        decidedCount -= groups.count
        var after = shop
        let expected = groups.enumerated().map { index, asked in
            expectedAnswers(to: asked, begun.batch.decided[index].decisions, &after)
        }
        let isLost = begun.failures != failureCount
        let hadCrashed = disk.isCrashed
        disk.forgetAppend()
        trace.note("committing \(begun.batch.number)")
        if sabotage == .answersEarly { begun.batch.answer() }
        engine.commit(begun.batch)
        guard !hadCrashed else {
            for asked in groups { unanswered += asked.submissions }
            return
        }
        let count = shop.log.count
        let kept = judge(begun, isLost: isLost, groups, expected, after)
        if kept { shop = after }
        for asked in groups where asked.answers.map({ $0.contains(where: \.isFailure) }) ?? true {
            unanswered += asked.submissions
        }
        guard disk.records.count == shop.log.count else {
            return fail("the log has \(disk.records.count) records, and should have \(shop.log.count)")
        }
        compareRecords(from: count)
    }

    /// What a sound Writer answers. What it could not decide because the disk was unreadable is no command.
    private func expectedAnswers(
        to asked: Asked, _ decisions: [Batch.Decision], _ shop: inout PlainShop
    ) -> [Outcome] {
        guard let now = asked.now else {
            fail("a batch has a group that was never decided")
            return []
        }
        return zip(asked.submissions, decisions).map { submission, decision in
            if case .told(.failed(let error)) = decision {
                if disk.failures == 0 { fail("a command failed though the disk is sound: \(error)") }
                return .failed(error)
            }
            do { return try shop.decide(submission, at: now) } catch {
                fail("the plain shop threw: \(error)")
                return .keyReused(.start)
            }
        }
    }

    /// Whether the batch's records are durable.
    private func judge(
        _ begun: Begun, isLost: Bool, _ groups: [Asked], _ expected: [[Outcome]], _ after: PlainShop
    ) -> Bool {
        let isEmpty = after.log.count == shop.log.count
        switch disk.lastAppend {
        case nil where isLost:
            report.lostBatches += 1
            judgeRefused(groups, expected, rests: true)
            return false
        case nil:
            if !isEmpty { fail("a batch with records was not written") }
            judgeAccepted(groups, expected)
            return false
        case .done:
            if isLost { fail("a batch was written that was decided on one which failed") }
            judgeAccepted(groups, expected)
            return true
        case .failed(0, _):
            fail("the Writer thought the log ended at \(begun.batch.start); it ends at \(shop.log.count)")
            return false
        case .failed(let code, let isDone):
            failureCount += 1
            if code == ENOSPC {
                report.fullDisks += 1
            } else if fault == nil {
                fail("the Writer goes on after a fault")
            }
            judgeRefused(groups, expected, rests: false)
            return isDone
        case .crashed(let isDone):
            failureCount += 1
            return isDone
        }
    }

    private func judgeAccepted(_ groups: [Asked], _ expected: [[Outcome]]) {
        for (asked, expected) in zip(groups, expected) {
            guard let answers = asked.answers else {
                if !disk.isCrashed { fail("a command was not answered: \(asked.submissions[0].key)") }
                continue
            }
            for (index, answer) in answers.enumerated() where !answer.isSame(as: expected[index]) {
                fail("\(asked.submissions[index].key) was answered \(answer), and should be \(expected[index])")
            }
        }
    }

    /// - Parameter rests: whether all answers rest on what was not written.
    private func judgeRefused(_ groups: [Asked], _ expected: [[Outcome]], rests: Bool) {
        // A repeated answer may be had from a batch that is in memory though durable: what follows may then fail too.
        var (rests, mayRest) = (rests, rests)
        for (asked, expected) in zip(groups, expected) {
            guard let answers = asked.answers else {
                if !disk.isCrashed { fail("a command was not answered: \(asked.submissions[0].key)") }
                continue
            }
            for (index, answer) in answers.enumerated() {
                let submission = asked.submissions[index]
                if case .accepted(let receipt) = expected[index] {
                    mayRest = true
                    if shop.keys[submission.key]?.first != receipt.events.first?.position { rests = true }
                }
                if case .failed = answer {
                    if !mayRest, !answer.isSame(as: expected[index]) {
                        fail("\(submission.key) failed with its batch, though it rests on what is durable")
                    }
                    continue
                }
                guard !rests || shop.keys[submission.key] != nil else {
                    fail("\(submission.key) was answered \(answer), resting on what was not written")
                    continue
                }
                if !answer.isSame(as: expected[index]) {
                    fail("\(submission.key) was answered \(answer), and should be \(expected[index])")
                }
            }
        }
    }
}

// The log and the index.
extension Simulation {
    /// The records from an index on are what happened.
    private func compareRecords(from start: Int) {
        do {
            let codec = StoredEvents(keyring: Keyring(disk))
            for index in start..<disk.records.count {
                let bytes = disk.records[index]
                let record = try Record.decode(
                    bytes.span.bytes, at: Position(rawValue: UInt64(index + 1)))
                let happened = PlainShop.Happened(record, try codec.event(of: record))
                if happened != shop.log[index] {
                    return fail("record \(index + 1) is \(happened), and should be \(shop.log[index])")
                }
            }
        } catch {
            fail("record: \(error)")
        }
    }

    func checkLog() throws {
        guard disk.records.count == shop.log.count else {
            throw Violation(
                description: "the log has \(disk.records.count) records, and should have \(shop.log.count)")
        }
        compareRecords(from: 0)
        try check()
    }

    /// Asks the index for everything and a little more, and compares with the whole log.
    func checkIndex() throws {
        do {
            let index = store.index
            for (place, happened) in shop.log.enumerated() {
                let position = Position(rawValue: UInt64(place + 1))
                if happened.ordinal == 0 {
                    let found = try index.position(ofKey: index.digestKey.digest(ofKey: happened.key))
                    if found != position {
                        fail("the index has key \(happened.key) at \(String(describing: found)), not \(position)")
                    }
                }
                guard let head = shop.heads[happened.stream], head.position == position else { continue }
                let found = try index.head(of: happened.stream)
                if found != head { fail("the index has \(happened.stream) end at \(found), not \(head)") }
            }
            for stranger in 0..<5 {
                let digest = index.digestKey.digest(ofKey: "stranger-\(stranger)")
                if let found = try index.position(ofKey: digest) { fail("a key nobody used is at \(found)") }
            }
        } catch {
            if disk.failures == 0, !disk.isCrashed { fail("the index can't be asked: \(error)") }
        }
        try check()
    }
}

extension Outcome {
    var isFailure: Bool { if case .failed = self { true } else { false } }

    func isSame(as other: Outcome) -> Bool {
        switch (self, other) {
        case (.accepted(let one), .accepted(let other)): one == other
        case (.refused(let one), .refused(let other)):
            one == other || one.code == .recordTooLarge && other.code == .recordTooLarge
        case (.keyReused(let one), .keyReused(let other)): one == other
        case (.versionMismatch(let stream, let version), .versionMismatch(let other, let otherVersion)):
            stream == other && version == otherVersion
        case (.failed(let one), .failed(let other)): one.code == other.code
        default: false
        }
    }
}

extension SimulatedDisk.Fate {
    /// Whether it is unknown what was done.
    var isHard: Bool {
        switch self {
        case .done: false
        case .failed(let code, _): code != ENOSPC
        case .crashed: true
        }
    }
}
