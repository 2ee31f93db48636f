import Foundation
import Ledger
import Synchronization
import TestTools
import Testing

@testable import EventStore

/// How many seeds are run and from which on: `make simulate SEEDS=1000 SEED=7`.
private enum Seeds {
    static let first = number("DAYBOOK_SIMULATE_SEED") ?? 1
    static let count = number("DAYBOOK_SIMULATE_SEEDS") ?? 240

    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap(UInt64.init)
    }
}

@Suite("A simulated shop")
struct SimulationTests {
    /// In parts, for two processors.
    @Test("Answers as a plain one does, whatever fails", arguments: 0..<4)
    func seeds(part: UInt64) throws {
        let start = ContinuousClock.now
        var sum = Simulation.Report()
        var runs = 0
        for seed in Seeds.first..<Seeds.first + Seeds.count where seed % 4 == part {
            let simulation = Simulation(seed: seed, keepsWords: Seeds.count == 1)
            do {
                sum.add(try simulation.run())
            } catch {
                for words in simulation.trace.words { print(words.prefix(500)) }
                Issue.record("Seed \(seed): \(error). Repeat it with: make simulate SEEDS=1 SEED=\(seed)")
            }
            runs += 1
        }
        print("\(runs) simulated shops in \(ContinuousClock.now - start): \(sum)")
    }
}

extension Simulation.Report {
    fileprivate mutating func add(_ other: Self) {
        trace ^= other.trace
        commands += other.commands
        accepted += other.accepted
        records += other.records
        batches += other.batches
        lives += other.lives
        crashes += other.crashes
        fullDisks += other.fullDisks
        poisonings += other.poisonings
        lostBatches += other.lostBatches
    }
}
