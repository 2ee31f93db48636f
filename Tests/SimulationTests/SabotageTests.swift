import Foundation
import Testing

@testable import EventStore

/// The simulation is believed only as far as it notices what is broken.
@Suite("A sabotaged shop")
struct SabotageTests {
    private static let seeds: ClosedRange<UInt64> = 1...12

    @Test(
        "The simulation notices the sabotage",
        arguments: [.losesAppends, .forgetsRows, .answersEarly] as [Simulation.Sabotage])
    func noticed(sabotage: Simulation.Sabotage) {
        let noticed = Self.seeds.compactMap { seed -> Simulation.Violation? in
            do {
                _ = try Simulation(seed: seed, sabotage: sabotage).run()
                return nil
            } catch {
                return error as? Simulation.Violation
            }
        }
        // Not in every run: a forgotten row may be one that nobody asks for again.
        #expect(noticed.count > Self.seeds.count / 2, "\(noticed.count) of \(Self.seeds.count)")
        print(
            "\(sabotage): noticed in \(noticed.count) of \(Self.seeds.count) runs, as \(noticed.first?.description ?? "-")"
        )
    }

    /// In a process of its own: where the simulation does not notice it first, the Writer's arithmetic does, and traps.
    @Test("Decisions that rest on a failed batch are noticed")
    func keptDecisions() async {
        await #expect(processExitsWith: .failure) {
            for seed in Self.seeds {
                do { _ = try Simulation(seed: seed, sabotage: .keepsFailedDecisions).run() } catch {
                    exit(EXIT_FAILURE)
                }
            }
        }
    }
}
