import Foundation
import Ledger
import TestTools

@testable import EventStore

/// The disk of a shop, in memory: what is durable on it, what is only written, and the faults it is to have.
///
/// Sendable because a simulation has one thread.
final class SimulatedDisk: @unchecked Sendable {
    /// What goes wrong, per mille of the operations.
    struct Faults {
        /// The process is killed before or after the operation.
        var crash = 0
        /// There is no room.
        var full = 0
        /// The operation fails, and may have been done.
        var failing = 0
        /// A read of the log fails.
        var unreadable = 0

        static let none = Faults()
    }

    /// What becomes of an operation.
    enum Fate {
        case done
        case failed(Int32, isDone: Bool)
        case crashed(isDone: Bool)
    }

    var faults = Faults.none
    var random: SplitMix64
    let trace: Trace
    /// The process is gone: nothing is written or read any more, and nobody hears what it says.
    private(set) var isCrashed = false
    /// Operations on the index's files, and readings, which failed since the process began.
    private(set) var failures = 0
    /// Of these, the ones that are not for want of room.
    private(set) var hardFailures = 0
    /// The operation that fails for want of room each time, and whether it is done all the same.
    var failing: String?
    var isDoneThoughFailing = false
    /// How many of these operations succeed before.
    var callsBeforeFailing = 0
    /// Called before records are followed: another thread could do anything then.
    var onFollow: (() -> Void)?
    private(set) var records: [[UInt8]] = []
    /// What became of the last append; nil where there was none since `forgetAppend`.
    private(set) var lastAppend: Fate?
    private(set) var keys: [[UInt8]: [UInt8]] = [:]
    var index = IndexDirectory()
    /// What the disk does behind everybody's back, for the proof that it is noticed.
    var sabotage: Sabotage?

    enum Sabotage {
        /// An append is acknowledged and not done.
        case losesAppends
        /// Sorted runs are written with a row too few, checksums right.
        case forgetsRows
    }

    init(random: SplitMix64, trace: Trace) {
        self.random = random
        self.trace = trace
    }

    func chance(_ perMille: Int) -> Bool { perMille > 0 && Int.random(in: 0..<1_000, using: &random) < perMille }

    /// - Parameter weight: how many operations it counts for.
    func fate(weight: Int = 1) -> Fate {
        if isCrashed { return .failed(EIO, isDone: false) }
        if chance(weight * faults.crash) {
            isCrashed = true
            return .crashed(isDone: chance(500))
        }
        if chance(weight * faults.full) { return .failed(ENOSPC, isDone: weight == 1 && chance(200)) }
        if chance(weight * faults.failing) { return .failed(EIO, isDone: chance(500)) }
        return .done
    }

    /// Does the operation as its fate has it, and throws where it fails.
    func operation(_ call: String, _ name: String, _ work: () -> Void) throws(FileError) {
        var fate = fate()
        if call == failing {
            if callsBeforeFailing > 0 {
                callsBeforeFailing -= 1
            } else {
                fate = .failed(ENOSPC, isDone: isDoneThoughFailing)
            }
        }
        trace.note("\(call) \(name) \(fate)")
        switch fate {
        case .done: work()
        case .failed(let code, let isDone):
            if isDone { work() }
            failures += 1
            if code != ENOSPC { hardFailures += 1 }
            throw FileError(path: name, call: call, code: code)
        case .crashed(let isDone):
            if isDone { work() }
            throw FileError(path: name, call: call, code: EIO)
        }
    }

    /// Ends the process where it stands.
    func crash() { isCrashed = true }

    /// The machine is on again. After a crash, what was written and not made durable is there, or torn, or not.
    func restart() {
        if isCrashed { index.lose(&random) }
        index.settle()
        isCrashed = false
        (failures, hardFailures) = (0, 0)
        lastAppend = nil
    }

    func forgetAppend() { lastAppend = nil }
}

extension SimulatedDisk: RecordStore {
    var sizeOnDiskBytes: Int { records.reduce(0) { $0 + $1.count } }

    func lastPosition() throws -> UInt64 {
        try read()
        return UInt64(records.count)
    }

    func append(_ buffer: RecordBuffer, after position: Position) throws(EventStoreError) {
        guard records.count == Int(position.rawValue) else {
            lastAppend = .failed(0, isDone: false)
            throw EventStoreError(.conflict, "The log ends at \(records.count), not at \(position).")
        }
        // There are few appends: on each hangs more than on a write to the index.
        let fate = fate(weight: 8)
        lastAppend = fate
        trace.note("append \(buffer.count) after \(position) \(fate)")
        switch fate {
        case .done: if sabotage != .losesAppends { store(buffer) }
        case .failed(ENOSPC, _): throw .diskFull(cause: FileError(path: "log", call: "write", code: ENOSPC))
        case .failed(_, let isDone), .crashed(let isDone):
            if isDone { store(buffer) }
            throw EventStoreError(.poisoned, "What is on the disk is unknown.")
        }
    }

    private func store(_ buffer: RecordBuffer) {
        buffer.withBytes { bytes in
            var start = 0
            for end in buffer.ends {
                records.append(Array(bytes[start..<end]))
                trace.note(bytes: records[records.count - 1])
                start = end
            }
        }
    }

    func scan(from position: UInt64, limit: Int, _ body: (UInt64, RawSpan) throws -> Bool) throws {
        try read()
        var next = Int(position)
        while next <= records.count, next - Int(position) < limit {
            let record = records[next - 1]
            guard try body(UInt64(next), record.span.bytes) else { return }
            next += 1
        }
    }

    func follow(from position: UInt64, _ next: (RawSpan?) throws -> UInt64?) throws {
        onFollow?()
        try read()
        var following: UInt64? = position
        while let position = following {
            if position >= 1, position <= UInt64(records.count) {
                let record = records[Int(position) - 1]
                following = try next(record.span.bytes)
            } else {
                following = try next(nil)
            }
        }
    }

    private func read() throws {
        guard !isCrashed, !chance(faults.unreadable) else {
            failures += 1
            throw FileError(path: "log", call: "read", code: EIO)
        }
    }
}

extension SimulatedDisk: KeyStore {
    func get(_ key: [UInt8]) throws -> [UInt8]? { keys[key] }

    func put(_ entries: [(key: [UInt8], value: [UInt8])]) throws(EventStoreError) {
        for (key, value) in entries { keys[key] = value }
    }
}
