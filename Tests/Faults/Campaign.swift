import Foundation
import Synchronization

/// One way in which things go wrong, and how often it is tried.
package struct Fault: Sendable {
    /// Lower case, for the command line.
    package let name: String
    /// What is done, in a sentence.
    package let about: String
    let needs: Need
    let body: @Sendable (Campaign) throws -> Void

    init(
        _ name: String, _ about: String, needs: Need = .nothing, body: @escaping @Sendable (Campaign) throws -> Void
    ) {
        self.name = name
        self.about = about
        self.needs = needs
        self.body = body
    }

    /// What not every machine has.
    enum Need {
        case nothing, strace, root, loopDevice, shims, postgres, postgresAsRoot, hosts

        /// Why it can't be done here; nil where it can.
        func missing(_ options: Campaign.Options) -> String? {
            switch self {
            case .nothing: nil
            case .strace: SystemCalls.unavailable
            case .root: Mount.unavailable
            case .loopDevice: PowerCut.unavailable
            case .postgres: PostgresServer.unavailable
            case .postgresAsRoot: Mount.unavailable ?? PostgresServer.unavailable
            case .hosts: Host.unavailable ?? PostgresServer.unavailable
            case .shims: options.shims == nil ? "the shims were not compiled (run it by ops/faults)" : nil
            }
        }
    }
}

/// Runs one fault again and again, and counts.
package final class Campaign: Sendable {
    package struct Options: Sendable {
        package var program: String
        /// Runs have directories of their own in it. Failed ones are kept.
        package var directory: String
        package var seed: UInt64
        /// Nil: as often as the fault says for `scale`.
        package var rounds: Int?
        package var scale = Scale.full
        /// Only the run of this label.
        package var only: String?
        /// How many runs go on at once.
        package var lanes = 2
        /// So many runs at the beginning are left out: those that an interrupted campaign had.
        package var skip = 0
        /// Where the compiled shims are; nil where there are none.
        package var shims: String?
        /// Where other programs, made wrong on purpose, are; nil where there are none.
        package var mutants: String?
        /// Says what goes on. Called from several threads.
        package var say: @Sendable (String) -> Void = { _ in }

        package init(program: String, directory: String, seed: UInt64) {
            self.program = program
            self.directory = directory
            self.seed = seed
        }
    }

    package enum Scale: Sendable {
        case full, short
    }

    package struct Report: Sendable {
        package let name: String
        package var runs = 0
        package var failures: [String] = []
        package var skipped: String?

        /// `name: N runs, N passed, N failed`.
        package var line: String {
            if let skipped { return "\(name): skipped, \(skipped)" }
            return "\(name): \(runs) runs, \(runs - failures.count) passed, \(failures.count) failed"
        }
    }

    let options: Options
    let fault: Fault
    private let report: Mutex<Report>
    private let labels = Mutex<Set<String>>([])

    private init(_ fault: Fault, _ options: Options) {
        self.fault = fault
        self.options = options
        report = Mutex(Report(name: fault.name))
    }

    /// Tries the fault as often as it is to be tried.
    package static func run(_ fault: Fault, _ options: Options) -> Report {
        let campaign = Campaign(fault, options)
        if let reason = fault.needs.missing(options) {
            campaign.report.withLock { $0.skipped = reason }
        } else {
            do {
                try FileManager.default.createDirectory(atPath: options.directory, withIntermediateDirectories: true)
                try fault.body(campaign)
            } catch {
                campaign.fail("(preparation)", error, kept: nil)
            }
        }
        return campaign.report.withLock { $0 }
    }

    /// The same on a thread of its own, for it blocks.
    package static func run(_ fault: Fault, _ options: Options) async -> Report {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: finished(fault, options)) }
        }
    }

    private static func finished(_ fault: Fault, _ options: Options) -> Report { run(fault, options) }

    enum Struck {
        case yes
        /// The run ended before the fault could strike. It is not counted.
        case no
    }

    /// How often: the caller's number, or the fault's own.
    func count(full: Int, short: Int) -> Int {
        options.rounds ?? (options.scale == .full ? full : short)
    }

    /// What is to be larger in the full campaign.
    func scale<Value>(full: Value, short: Value) -> Value { options.scale == .full ? full : short }

    /// One run in a directory of its own, of which there is one for a label: what was drawn twice is done once. `.no` where
    /// the fault did not strike: a sweep then is at its end.
    @discardableResult
    func run(_ label: String, _ body: (Daybook) throws -> Struck) -> Struck {
        if let only = options.only, only != label { return .yes }
        guard labels.withLock({ $0.insert(label).inserted }) else { return .yes }
        let name = String(label.map { $0 == "/" || $0 == ":" ? "-" : $0 })
        let directory = "\(options.directory)/\(fault.name)-\(name)"
        do {
            let struck = try body(try daybook(name))
            if struck == .yes { report.withLock { $0.runs += 1 } }
            try? FileManager.default.removeItem(atPath: directory)
            return struck
        } catch {
            report.withLock { $0.runs += 1 }
            fail(label, error, kept: directory)
            return .yes
        }
    }

    /// What has to go well before there can be runs.
    func prepare(_ body: (Daybook) throws -> Void) throws {
        let daybook = try daybook("preparation")
        try body(daybook)
        try? FileManager.default.removeItem(atPath: daybook.directory)
    }

    /// A sound shop, beside the runs.
    func knownShop(_ name: String = "known", commands: Int = 120, together: Int = 300) throws -> KnownShop {
        try KnownShop(try daybook(name), seed: seed(name), commands: commands, together: together)
    }

    /// The same shop, some commands later.
    func knownShop(_ name: String, after older: KnownShop) throws -> KnownShop {
        try KnownShop(try daybook(name), after: older)
    }

    /// The same shop, its log changed by the edits in a file.
    func knownShop(_ name: String, _ older: KnownShop, migratedBy edits: String) throws -> KnownShop {
        try KnownShop(try daybook(name), older, migratedBy: edits)
    }

    /// The program in an empty directory of that name.
    func daybook(_ name: String) throws -> Daybook {
        let directory = "\(options.directory)/\(fault.name)-\(name)"
        try? FileManager.default.removeItem(atPath: directory)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        return Daybook(program: options.program, directory: directory)
    }

    private func fail(_ label: String, _ error: any Error, kept: String?) {
        report.withLock { $0.failures.append("\(label): \(error)") }
        options.say(
            """
            FAILED \(fault.name) \(label), seed \(options.seed): \(error)
              again: ops/faults --fault \(fault.name) --only '\(label)' --seed \(options.seed)
              kept:  \(kept ?? "nothing")
            """)
    }

    /// Does the work for each, `lanes` at once.
    func each<Item: Sendable>(_ items: [Item], _ body: @escaping @Sendable (Item) throws -> Void) throws {
        let next = Mutex(items.dropFirst(options.skip))
        let failure = Mutex<(any Error)?>(nil)
        let group = DispatchGroup()
        for _ in 0..<min(options.lanes, items.count) {
            group.enter()
            let thread = Thread {
                while let item = next.withLock({ $0.popFirst() }) {
                    do { try body(item) } catch { failure.withLock { $0 = error } }
                }
                group.leave()
            }
            thread.stackSize = 4 << 20
            thread.start()
        }
        group.wait()
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// A seed of its own for the run of each label.
    func seed(_ label: String) -> UInt64 {
        label.utf8.reduce(options.seed) { $0 &* 1_099_511_628_211 ^ UInt64($1) }
    }
}

extension CaseIterable {
    /// Each in its turn.
    static func ofRound(_ round: Int) -> Self { Array(allCases)[round % allCases.count] }
}
