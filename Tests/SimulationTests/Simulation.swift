import Foundation
import Ledger
import Logging
import TestTools

@testable import EventStore

/// The Writer, the rules, the index and the log on a simulated disk, with everything that happens chosen by a seed.
///
/// One thread does it all. Where the Writer's two threads could meet, the simulation chooses which of them goes on: while
/// a batch is being decided the one before it may be written, fail, or end the process. After each step what
/// was answered and what is on the disk is compared with a `PlainShop`.
///
/// Sendable because it has one thread.
final class Simulation: @unchecked Sendable {
    /// What is broken on purpose, to see that it is noticed.
    enum Sabotage: String {
        case losesAppends, forgetsRows, answersEarly, keepsFailedDecisions
    }

    struct Violation: Error, CustomStringConvertible {
        let description: String
    }

    struct Report: Equatable {
        var trace: UInt64 = 0
        var commands = 0
        var accepted = 0
        var records = 0
        var batches = 0
        var lives = 0
        var crashes = 0
        var fullDisks = 0
        var poisonings = 0
        var lostBatches = 0
    }

    /// Commands handed in together, and what became of them. Sendable because a simulation has one thread.
    final class Asked: @unchecked Sendable {
        let submissions: [Submission]
        /// When they were decided.
        var now: Timestamp?
        var answers: [Outcome]?

        init(_ submissions: [Submission]) { self.submissions = submissions }
    }

    struct Begun {
        let batch: Batch
        /// How many failures there had been when it was begun.
        let failures: Int
    }

    let seed: UInt64
    let trace: Trace
    private var random: SplitMix64
    let disk: SimulatedDisk
    private var workload: Workload
    let sabotage: Sabotage?
    private var settings: Settings
    var report = Report()
    var violation: Violation?

    var shop = PlainShop()
    private var now = Timestamp(microseconds: 1_790_000_000_000_000)
    /// Commands nobody was told the fate of, to be sent again.
    var unanswered: [Submission] = []
    private var olderIndex: [String: [UInt8]]?

    // The process that lives at the moment.
    var store: WriterStore!
    private var queue: CommandQueue!
    var engine: Engine!
    var fault: EventStoreError?
    private var isStopping = false
    /// In the order of the queue; the first `decidedCount` are in batches.
    var waiting: [Asked] = []
    var decidedCount = 0
    var pending: Begun?
    var isCommitting = false
    var failureCount = 0
    private var isFirstOfBatch = false
    private var failuresAtBegin = 0
    private var pausesLeft = 0

    init(seed: UInt64, sabotage: Sabotage? = nil, keepsWords: Bool = false) {
        self.seed = seed
        self.sabotage = sabotage
        trace = Trace(keepsWords: keepsWords)
        var random = SplitMix64(seed: seed &* 0x9E37_79B9_7F4A_7C15 &+ 1)
        disk = SimulatedDisk(random: SplitMix64(seed: random.next()), trace: trace)
        workload = Workload(random: SplitMix64(seed: random.next()))
        settings = Settings(random: &random)
        self.random = random
        switch sabotage {
        case .losesAppends: disk.sabotage = .losesAppends
        case .forgetsRows: disk.sabotage = .forgetsRows
        case .answersEarly, .keepsFailedDecisions, nil: break
        }
        if sabotage == .keepsFailedDecisions {
            settings.usualFaults.full = 30
            settings.faults = settings.usualFaults
        }
    }

    private func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    private func chance(_ percent: Int) -> Bool { number(0...99) < percent }

    func fail(_ what: String) {
        if violation == nil { violation = Violation(description: what) }
    }

    /// - Throws: `Violation`, the first there is.
    func run() throws -> Report {
        for _ in 0..<number(2...5) {
            try begin()
            try live(steps: number(5...90))
            try end()
        }
        try settle()
        report.records = disk.records.count
        report.trace = trace.hash
        return report
    }

    func check() throws {
        if let violation { throw violation }
    }
}

// The process begins and ends.
extension Simulation {
    private func begin() throws {
        var attempts = 0
        disk.onFollow = nil
        while true {
            attempts += 1
            damage()
            disk.restart()
            disk.faults = attempts > 4 ? .none : settings.faults
            do {
                try open()
                break
            } catch {
                trace.note("not opened: \(error)")
                guard disk.isCrashed || disk.failures > 0 else {
                    throw Violation(description: "the store does not open though the disk is sound: \(error)")
                }
                guard disk.isCrashed || error is EventStoreError || !(error is DamagedIndex) else {
                    throw Violation(description: "opening throws what is to be mended: \(error)")
                }
                if chance(50) { disk.crash() }
            }
        }
        report.lives += 1
        try checkLog()
        try checkIndex()
        disk.onFollow = { [unowned self] in
            if pending != nil, !isCommitting, chance(3) { commitPending() }
        }
    }

    private func open() throws {
        let log = try EventLog(disk)
        let index = try LogIndex(files: disk, log: log, readOnly: false, options: settings.index, logger: .silent)
        let keyring = Keyring(disk)
        store = WriterStore(
            log: log, index: index,
            snapshots: Snapshots(files: disk, digestKey: index.digestKey, eventsMin: settings.snapshotEventsMin),
            keyring: keyring, codec: StoredEvents(keyring: keyring), lock: nil,
            progress: WriterProgress(indexed: log.headPosition, runsBeside: false))
        queue = CommandQueue(capacity: settings.writer.queueCapacity) { [unowned self] in pause() }
        (waiting, decidedCount, pending, fault, isStopping, failureCount) = ([], 0, nil, nil, false, 0)
        engine = Engine(
            store: store, queue: queue, options: settings.writer,
            keepsFailedDecisions: sabotage == .keepsFailedDecisions,
            clock: { [unowned self] in clock() },
            fail: { [unowned self] in stopped(by: $0) })
    }

    /// As the Writer does it.
    private func stopped(by fault: EventStoreError) {
        trace.note("stopped by \(fault.code)")
        self.fault = self.fault ?? fault
        queue.close(fault, refusesWaiting: true)
        guard !disk.isCrashed else { return }
        report.poisonings += 1
        if disk.hardFailures == 0, disk.lastAppend?.isHard != true {
            fail("the Writer stopped, though the disk only was full: \(fault)")
        }
    }

    private func end() throws {
        if fault == nil, !disk.isCrashed, chance(60) {
            isStopping = true
            queue.close(EventStoreError(.stopping, "Stopping."))
            while fault == nil, !disk.isCrashed, decideNext() {}
            if pending != nil, !disk.isCrashed { commitPending() }
            try check()
            if fault == nil, !disk.isCrashed {
                if let lost = waiting.first { fail("a command was never answered: \(lost.submissions[0].key)") }
                engine.finish()
            }
        } else {
            if pending != nil, fault != nil, !disk.isCrashed { commitPending() }
            if fault == nil || chance(50) { disk.crash() }
        }
        if disk.isCrashed { report.crashes += 1 }
        for asked in waiting where asked.answers == nil { unanswered += asked.submissions }
        waiting = []
        (store, queue, engine, pending) = (nil, nil, nil, nil)
        try check()
    }

    /// What happens to the index's files while nobody looks.
    private func damage() {
        guard chance(settings.damagePercent), !disk.index.names.isEmpty else { return }
        let name = disk.index.names[number(0...disk.index.names.count - 1)]
        switch number(0...5) {
        case 0: disk.index.replace(with: [:])
        case 1: disk.index.set(name, nil)
        case 2:
            if let older = olderIndex { disk.index.replace(with: older) }
        default:
            guard var bytes = disk.index.files[name]?.bytes, !bytes.isEmpty else { return }
            if chance(30) { bytes.removeLast(number(1...bytes.count)) } else { bytes[number(0...bytes.count - 1)] ^= 4 }
            var copy = disk.index.copy
            copy[name] = bytes
            disk.index.replace(with: copy)
        }
        trace.note("damage to \(name)")
    }

    /// With a sound disk everybody gets an answer, and everything fits together.
    private func settle() throws {
        settings.faults = .none
        settings.damagePercent = 0
        try begin()
        var seen = Set<String>()
        let again = unanswered.filter { seen.insert($0.key).inserted }
        unanswered = []
        for submission in again {
            offer([submission])
            if chance(50) { _ = decideNext() }
            try check()
        }
        isStopping = true
        queue.close(EventStoreError(.stopping, "Stopping."))
        while decideNext() {}
        if pending != nil { commitPending() }
        try check()
        if let fault { throw Violation(description: "the Writer stopped on a sound disk: \(fault)") }
        if !waiting.isEmpty { throw Violation(description: "\(waiting.count) groups were not answered at the end") }
        engine.finish()
        try begin()
        var faults: [String] = []
        try store.index.verify(against: store.log) { faults.append($0) }
        if let fault = faults.first { throw Violation(description: fault) }
        if let fault = shop.stockFault { throw Violation(description: fault) }
    }
}

// What the process does.
extension Simulation {
    private func live(steps: Int) throws {
        for _ in 0..<steps where fault == nil && !disk.isCrashed {
            switch number(0...99) {
            case ..<35: offer()
            case ..<60:
                if decidedCount == waiting.count { offer() }
                _ = decideNext()
            case ..<85: if pending != nil { commitPending() }
            case ..<90: if !disk.isCrashed { try checkIndex() }
            case ..<93: olderIndex = disk.index.copy
            case ..<95: settings.faults = chance(25) ? .none : settings.usualFaults
            default: moveClock()
            }
            disk.faults = settings.faults
            try check()
            if let fault = shop.stockFault { throw Violation(description: fault) }
        }
    }

    private func moveClock() {
        let seconds =
            switch number(0...9) {
            case 0: -number(1...3_600)
            case 1: number(1...90_000)
            default: number(0...300)
            }
        now = Timestamp(microseconds: now.microseconds + Int64(seconds) * 1_000_000 + Int64(number(0...999_999)))
    }

    private func offer(_ given: [Submission]? = nil) {
        var submissions: [Submission] = given ?? []
        if given == nil {
            submissions = try! workload.group()
            if !unanswered.isEmpty, chance(40) {
                submissions.insert(unanswered.remove(at: number(0...unanswered.count - 1)), at: 0)
            }
        }
        let asked = Asked(submissions)
        let group = CommandQueue.Group(submissions: submissions) { [unowned self] in answered(asked, $0) }
        // Before it is offered: the answer may come at once.
        waiting.append(asked)
        guard let refusal = queue.offer(group) else {
            report.commands += submissions.count
            return trace.note("offered \(submissions.map(\.key))")
        }
        waiting.removeLast()
        trace.note("not taken: \(refusal.code)")
        unanswered += submissions
        let isExpected =
            switch refusal.code {
            case .overloaded:
                waiting[decidedCount...].reduce(submissions.count) { $0 + $1.submissions.count }
                    > settings.writer.queueCapacity
            case .stopping: isStopping
            default: fault != nil
            }
        if !isExpected { fail("a group was refused for no reason: \(refusal)") }
    }

    private func answered(_ asked: Asked, _ outcomes: [Outcome]) {
        // What a dead process says is not heard.
        guard !disk.isCrashed else { return }
        if asked.answers == nil { trace.note("answers \(outcomes)") }
        if asked.answers != nil, sabotage != .answersEarly { fail("a group was answered twice") }
        if outcomes.count != asked.submissions.count { fail("a group has too few answers") }
        asked.answers = asked.answers ?? outcomes
        for case .accepted(let receipt) in outcomes {
            report.accepted += 1
            if receipt.position.rawValue > UInt64(disk.records.count) {
                fail("record \(receipt.position) was acknowledged and is not durable")
            }
        }
        // Refused in the queue, when the Writer stopped.
        guard asked.now == nil else { return }
        for outcome in outcomes {
            guard case .failed(let error) = outcome, error.code == fault?.code else {
                return fail("a command that was not decided was answered \(outcome)")
            }
        }
        waiting.removeAll { $0 === asked }
        unanswered += asked.submissions
    }

    /// The next batch is decided; false where there is none any more.
    private func decideNext() -> Bool {
        // Where a batch failed, the Writer's other thread brings its own to an end before anything is decided anew.
        if let begun = pending, begun.failures != failureCount || chance(10) { commitPending() }
        guard fault == nil, !disk.isCrashed else { return false }
        isFirstOfBatch = true
        pausesLeft = 3
        trace.note("deciding")
        guard let batch = engine.nextBatch() else { return false }
        report.batches += 1
        if pending != nil, !disk.isCrashed { commitPending() }
        pending = Begun(batch: batch, failures: failuresAtBegin)
        return true
    }

    /// Asked once for each group, before it is decided.
    private func clock() -> Timestamp {
        if isFirstOfBatch {
            isFirstOfBatch = false
            failuresAtBegin = failureCount
        }
        if chance(50) { moveClock() }
        guard decidedCount < waiting.count else {
            fail("a group is decided which is not in the queue")
            return now
        }
        waiting[decidedCount].now = now
        decidedCount += 1
        let decidedAt = now
        trace.note("at \(now)")
        // What other threads do meanwhile.
        if chance(10) { offer() }
        if pending != nil, chance(10) { commitPending() }
        return decidedAt
    }

    /// The Writer has nothing to decide and waits for its turn or for commands.
    private func pause() {
        pausesLeft -= 1
        if pending != nil, isStopping || fault != nil || pausesLeft < 0 || chance(50) { return commitPending() }
        offer()
    }
}
